#include "collector/kube_api/bearer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

TEST(Bearer, ATokenFileIsReadAgainAfterAMinute) {
  TemporaryFolder folder;
  const auto write = [&](const char* text) { std::ofstream(folder / "token") << text; };
  Bearer bearer({.token_file = folder / "token"});
  EXPECT_EQ(bearer.Get(kNow).error().kind, ErrorKind::kUnavailable);
  write("first\n");
  EXPECT_EQ(bearer.Get(kNow).value(), "first");
  write("second\n");
  EXPECT_EQ(bearer.Get(kNow + 59s).value(), "first");
  EXPECT_EQ(bearer.Get(kNow + 60s).value(), "second");
}

TEST(Bearer, ARefusedTokenIsReadAgainAtOnceAndAnOldOneServesWhileTheFileIsGone) {
  TemporaryFolder folder;
  std::ofstream(folder / "token") << "first";
  Bearer bearer({.token_file = folder / "token"});
  EXPECT_EQ(bearer.Get(kNow).value(), "first");
  std::ofstream(folder / "token") << "second";
  bearer.Refused();
  EXPECT_EQ(bearer.Get(kNow).value(), "second");
  std::filesystem::remove(folder / "token");
  EXPECT_EQ(bearer.Get(kNow + 1h).value(), "second");
}

// Counts its runs.
ExecPlugin Script(const TemporaryFolder& folder, const std::string& body) {
  return {.command = "/bin/sh",
          .arguments = {"-c", "echo run >>" + (folder / "runs").string() + "; " + body},
          .environment = {{"WHO", "loadline"}},
          .api_version = "client.authentication.k8s.io/v1"};
}

std::ptrdiff_t Runs(const TemporaryFolder& folder) {
  std::ifstream file(folder / "runs");
  return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

TEST(Bearer, APluginIsRunAgainAMinuteBeforeItsTokenExpires) {
  TemporaryFolder folder;
  Bearer bearer({.exec = Script(folder, R"(echo "{\"status\": {\"token\": \"of-$WHO\",
      \"expirationTimestamp\": \"2026-01-01T01:00:00Z\"}}")")});
  EXPECT_EQ(bearer.Get(kNow).value(), "of-loadline");
  EXPECT_EQ(bearer.Get(kNow + 58min).value(), "of-loadline");
  EXPECT_EQ(Runs(folder), 1);
  EXPECT_EQ(bearer.Get(kNow + 59min).value(), "of-loadline");
  EXPECT_EQ(Runs(folder), 2);
}

TEST(Bearer, APluginThatFailsOrIsMissingIsNamed) {
  TemporaryFolder folder;
  const auto message = [](ExecPlugin plugin) {
    return Bearer({.exec = std::move(plugin)}).Get(kNow).error().message;
  };
  EXPECT_THAT(message(Script(folder, "exit 3")), HasSubstr("plugin /bin/sh failed"));
  EXPECT_THAT(message(Script(folder, "echo nonsense")), HasSubstr("no status.token"));
  EXPECT_THAT(message({.command = "no-such-plugin"}), HasSubstr("no-such-plugin"));
}

TEST(Bearer, WithoutAnyTokenTheCertificateSpeaks) {
  EXPECT_EQ(Bearer({}).Get(kNow).value(), "");
}

}  // namespace
}  // namespace loadline::collector
