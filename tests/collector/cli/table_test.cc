#include "collector/cli/table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "collector/cli/words.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

TEST(Table, AlignsColumnsAndLeavesNoSpaceBehind) {
  const Table table{{"NAME", "STATE"}, {{{"größer"}, {"ready"}}, {{"b"}, {""}}}};
  EXPECT_EQ(Render(table, false),
            "NAME     STATE\n"
            "größer   ready\n"
            "b\n");
}

TEST(Table, ColoursOnlyWhereTheyAreWanted) {
  EXPECT_EQ(Toned("silent", Tone::kBad, true), "\x1b[31msilent\x1b[0m");
  EXPECT_EQ(Toned("silent", Tone::kBad, false), "silent");
  EXPECT_EQ(Toned("ready", Tone::kPlain, true), "ready");
}

TEST(Table, MovesNobodysCursor) {
  EXPECT_EQ(Render({{"NAME"}, {{{"a\x1b[2Jb\u202e"}}}}, false), "NAME\na\\x1b[2Jb\\xe2\\x80\\xae\n");
}

TEST(JsonText, MovesNobodysCursorAndSaysTheSame) {
  const Json value = {{"name",
                       "größer \xc2\x9b"
                       "31m\x7f\u202e"}};
  const std::string text = JsonText(value, 2);
  EXPECT_EQ(PrintableLines(text), text);
  EXPECT_EQ(Json::parse(text), value);
  EXPECT_EQ(JsonText({{"name", "größer"}}, -1), "{\"name\":\"größer\"}");
}

}  // namespace
}  // namespace loadline::collector
