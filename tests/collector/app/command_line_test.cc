#include "collector/app/command_line.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "collector/ingest/curve_keys.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using testing::HasSubstr;

struct Ending {
  int status = 0;
  std::string output;
};

Ending EndingOf(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "loadline-collector");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  testing::internal::CaptureStdout();
  const int status = RunCommandLine(static_cast<int>(pointers.size()), pointers.data());
  return {status, testing::internal::GetCapturedStdout()};
}

TEST(CollectorCommandLine, MakesAKeyThatCanBeUsed) {
  const Ending made = EndingOf({"make-key"});
  EXPECT_EQ(made.status, 0);
  ASSERT_TRUE(made.output.ends_with('\n'));
  EXPECT_TRUE(PublicKeyOf(made.output.substr(0, made.output.size() - 1)));
  EXPECT_NE(EndingOf({"make-key"}).output, made.output);
}

TEST(CollectorCommandLine, AnUnknownArgumentIsNotIgnored) {
  EXPECT_EQ(EndingOf({"--colour=red"}).status, 2);
}

TEST(CollectorCommandLine, PrintsEverySettingWithItsDefault) {
  const Ending defaults = EndingOf({"--print-defaults"});
  EXPECT_EQ(defaults.status, 0);
  EXPECT_THAT(defaults.output, HasSubstr("write_token_file:"));
}

// What check-config says of these receivers, on standard error.
std::string Checked(const std::string& receivers, const std::string& settings = "") {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/alerts.yml") << "route: {receiver: r}\nreceivers:\n  - name: r\n"
                                               << receivers;
  std::ofstream(folder.path() + "/loadline.yml") << "alerting: {file: " << folder.path() << "/alerts.yml}\n"
                                                 << settings;
  testing::internal::CaptureStderr();
  const Ending checked = EndingOf({"check-config", folder.path() + "/loadline.yml"});
  std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(checked.status == 0, said.empty()) << said;
  return said;
}

TEST(CheckConfig, CallsNothingGoodThatCannotStart) {
  EXPECT_EQ(Checked("    webhook_configs: [{url: 'http://x'}]\n"), "");
  EXPECT_THAT(Checked("    webhook_configs: [{url: 'http://x', format: nonsense}]\n"),
              HasSubstr("alerts.yml:4: receiver 'r': webhook_configs[0]: format: 'nonsense' is none of"));
  EXPECT_THAT(Checked("    azure_logs_configs:\n      - {stream: Custom-Alerts}\n"),
              HasSubstr("alerts.yml:5: r/azure_logs[0]: azure.logs_endpoint is not set"));
  EXPECT_THAT(Checked("    log_configs: [{}]\n", "recommend: {algorithm: nonsense}\n"),
              HasSubstr("recommend.algorithm"));
}

// Alertmanager's own file is what people have at hand.
TEST(CheckConfig, LooksAtAFileOfAlertsByItself) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/alertmanager.yml";
  std::ofstream(file) << "global: {resolve_timeout: 5m}\nroute: {receiver: r}\nreceivers: [{name: r}]\n";
  EXPECT_EQ(EndingOf({"check-config", file}).status, 0);
  EXPECT_THAT(EndingOf({"check-config", file, "--route", "severity=Sev1"}).output,
              HasSubstr("-> r in group"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(EndingOf({"--config", file}).status, 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("is named in alerting.file"));
  std::ofstream(file) << "route: {receiver: nobody}\nreceivers: [{name: r}]\n";
  testing::internal::CaptureStderr();
  EXPECT_EQ(EndingOf({"check-config", file}).status, 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("nobody"));
}

// Each of these is read when the collector starts.
TEST(CheckConfig, ReadsTheFilesThatTheStartReads) {
  const std::string receivers = "    log_configs: [{}]\n";
  const TemporaryFolder folder;
  const std::string secret = folder.path() + "/secret";
  for (const std::string setting : {"slack.signing_secret_file", "security.write_token_file",
                                    "security.read_token_file", "azure.webhook_token_file"}) {
    const std::size_t dot = setting.find('.');
    const std::string settings =
        setting.substr(0, dot) + ": {" + setting.substr(dot + 1) + ": " + secret + "}\n";
    EXPECT_THAT(Checked(receivers, settings), HasSubstr(setting + ": ")) << "not there";
    std::ofstream(secret) << "secret\n";
    std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
    EXPECT_EQ(Checked(receivers, settings), "");
    std::filesystem::remove(secret);
  }
  EXPECT_THAT(Checked(receivers, "listen: {probes: nowhere}\n"), HasSubstr("listen.probes"));
  EXPECT_THAT(Checked(receivers, "listen: {web_tls_cert: " + secret + ", web_tls_key: " + secret + "}\n"),
              HasSubstr(secret));
}

TEST(CheckConfig, SaysWhichKeysNothingObeys) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/alerts.yml")
      << "route: {receiver: r}\nreceivers:\n  - name: r\n    slack_configs:\n"
         "      - api_url: 'http://x'\n        color: danger\n        fields: [{title: a, value: b}]\n";
  std::ofstream(folder.path() + "/loadline.yml") << "alerting: {file: " << folder.path() << "/alerts.yml}\n";
  const Ending checked = EndingOf({"check-config", folder.path() + "/loadline.yml"});
  EXPECT_EQ(checked.status, 0);
  EXPECT_THAT(checked.output, HasSubstr("line 6: receiver 'r': slack_configs[0]: color is not obeyed here"));
  EXPECT_THAT(checked.output, HasSubstr("line 7: receiver 'r': slack_configs[0]: fields is not obeyed here"));
}

}  // namespace
}  // namespace loadline::collector
