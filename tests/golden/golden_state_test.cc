// The state of every release is read by this one: tests/data/state has it, and what that release showed of
// it.
#include "tests/golden/golden_state.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/golden/differences.h"
#include "tests/support/temporary_folder.h"

namespace loadline::test {
namespace {

const std::filesystem::path kStates = "tests/data/state";

class GoldenState : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Releases, GoldenState, ::testing::Values("0.1.0", "0.2.0"));

TEST_P(GoldenState, ShowsWhatItsOwnReleaseShowed) {
  const TemporaryFolder folder;
  std::filesystem::copy(kStates / GetParam() / "loadline.db", folder.path());
  std::ifstream file(kStates / GetParam() / "shown.json");
  const auto shown = ShownOfState(folder.path());
  EXPECT_EQ(Differences(nlohmann::ordered_json::parse(file), shown), "");
  EXPECT_EQ(shown["left_out"], 0);
  // What it writes itself, it reads.
  EXPECT_EQ(Differences(shown, ShownOfState(folder.path())), "");
}

}  // namespace
}  // namespace loadline::test
