#include "agent/health/kmsg_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KmsgRules : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view text) {
    const std::filesystem::path path = std::filesystem::path(folder_.path()) / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static std::string Printed(const KmsgRulesOptions& options) {
    ::testing::internal::CaptureStdout();
    const auto done = RunKmsgRules(options);
    const std::string printed = ::testing::internal::GetCapturedStdout();
    return done ? printed : "error: " + done.error().message;
  }

  static constexpr std::string_view kRules =
      R"({"plugin": "kmsg", "conditions": [{"type": "Broken"}], "rules": [
    {"type": "temporary", "reason": "Pair", "pattern": "one\ntwo"},
    {"type": "permanent", "condition": "Broken", "reason": "IsBroken", "pattern": "broken .*"}]})";

 private:
  TemporaryFolder folder_;
};

TEST_F(KmsgRules, PrintsALineForEachMatchAndSumsUp) {
  const std::string log = Write("log", "[    1.000000] one\n[    2.000000] two\nbroken \x1b[31mthing");
  EXPECT_EQ(Printed({.log = log, .rules = {Write("r.json", kRules)}}),
            "2\ttemporary\tPair\tone | two\n"
            "3\tBroken\tIsBroken\tbroken \\x1b[31mthing\n"
            "2 matches in 3 lines, 2 rules, 0 records lost\n");
}

TEST_F(KmsgRules, CountsRecordsThatAreMissing) {
  const std::string log =
      Write("kmsg", "3,7,1,-;EXT4-fs (sda1): Remounting filesystem read-only\n6,10,2,-;fine\n");
  EXPECT_THAT(Printed({.log = log}),
              ::testing::AllOf(::testing::StartsWith(
                                   "1\tReadonlyFilesystem\tFilesystemIsReadOnly\tEXT4-fs (sda1): Remount"),
                               HasSubstr("\n1 matches in 2 lines, "), HasSubstr(", 2 records lost\n")));
}

TEST_F(KmsgRules, TakesTheFilesInPlaceOfTheBuiltInRulesUnlessThoseAreNamed) {
  const std::string file = Write("r.json", kRules);
  std::vector<std::string> notes;
  EXPECT_EQ(LoadLogRules({file}, notes)->size(), 2u);
  const std::size_t built_in = LoadLogRules({kBuiltInRules}, notes)->size();
  EXPECT_GE(built_in, 50u);
  EXPECT_EQ(LoadLogRules({file, kBuiltInRules}, notes)->size(), 2 + built_in);
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(KmsgRules, SaysWhichFileHasNoRulesForALog) {
  const std::string file = Write("health-checker.json", R"({"plugin": "custom", "rules": []})");
  std::vector<std::string> notes;
  EXPECT_TRUE(LoadLogRules({file}, notes)->empty());
  EXPECT_THAT(notes, ElementsAre(file + ": no rules for a log in it: plugin 'custom' reads no log"));
}

TEST_F(KmsgRules, SaysWhatCannotBeRead) {
  const std::string folder = std::filesystem::path(Write("x", "")).parent_path().string();
  EXPECT_THAT(Printed({.log = folder + "/none"}), HasSubstr("error: " + folder + "/none: No such file"));
  EXPECT_THAT(Printed({.log = folder}), HasSubstr("Is a directory"));
  EXPECT_THAT(Printed({.log = "-", .rules = {folder}}), HasSubstr("Is a directory"));
  const std::string bad = Write(
      "bad.json", R"({"plugin": "kmsg", "rules": [{"type": "temporary", "reason": "R", "pattern": "a("}]})");
  EXPECT_THAT(Printed({.log = "-", .rules = {bad}}), HasSubstr(bad + ": rule R: pattern 'a(': "));
}

}  // namespace
}  // namespace loadline::agent
