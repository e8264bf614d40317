// What is accepted and refused of Alertmanager's language: a table, and amtool's opinion of the same table.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "collector/alert_file/alert_config.h"
#include "collector/sink/sink_kind.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

constexpr const char* kTable = "tests/collector/alert_file/conformance_cases.txt";

struct Case {
  std::string name;
  std::string text;
  bool good = false;
  std::optional<bool> amtool;  // its verdict; nothing: it ends without one
};

// "=== good, amtool 0.25 says bad: a name"
Case Headed(const std::string& line) {
  const std::string verdict = line.substr(4, line.find(": ") - 4);
  Case one{.name = line.substr(line.find(": ") + 2),
           .text = {},
           .good = verdict.starts_with("good"),
           .amtool = {}};
  one.amtool = one.good;
  if (verdict.ends_with("says bad")) one.amtool = false;
  if (verdict.ends_with("says good")) one.amtool = true;
  if (verdict.ends_with("does not say")) one.amtool.reset();
  return one;
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  std::ifstream file(kTable);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back(Headed(line));
    } else if (!cases.empty()) {
      cases.back().text += line + "\n";
    }
  }
  return cases;
}

TEST(Conformance, EveryConfigurationOfTheTableIsAcceptedOrRefusedAsItSays) {
  const std::vector<Case> cases = Cases();
  ASSERT_GT(cases.size(), 200U);
  for (const Case& c : cases) {
    const auto config = ParseAlertConfig(c.text, "alerts.yml", SpokenKinds());
    EXPECT_EQ(config.has_value(), c.good) << c.name << (config ? "" : ": " + config.error().message) << "\n"
                                          << c.text;
  }
}

// All files in one call: "Checking 'FOLDER/12.yml'  SUCCESS".
TEST(Conformance, AmtoolAgreesWhereTheTableDoesNotSayOtherwise) {
  if (std::system("command -v amtool >/dev/null") != 0)
    GTEST_SKIP() << "amtool is not installed (prometheus-alertmanager)";
  TemporaryFolder folder;
  const std::vector<Case> cases = Cases();
  std::string command = "cd " + folder.path() + " && amtool check-config";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].amtool) continue;
    std::ofstream(folder.path() + "/" + std::to_string(i) + ".yml") << cases[i].text;
    command += " " + std::to_string(i) + ".yml";
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen((command + " 2>&1").c_str(), "r"),
                                                             ::pclose);
  std::string said;
  std::array<char, 4096> piece{};
  while (const std::size_t bytes = std::fread(piece.data(), 1, piece.size(), pipe.get()))
    said.append(piece.data(), bytes);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].amtool) continue;
    const std::size_t at = said.find("Checking '" + std::to_string(i) + ".yml'");
    ASSERT_NE(at, std::string::npos) << said;
    const std::string verdict = said.substr(at, said.find("Checking '", at + 1) - at);
    EXPECT_EQ(verdict.find("SUCCESS") != std::string::npos, *cases[i].amtool) << cases[i].name << "\n"
                                                                              << cases[i].text << verdict;
  }
}

}  // namespace
}  // namespace loadline::collector
