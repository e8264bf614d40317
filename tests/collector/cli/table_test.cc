#include "collector/cli/table.h"

#include <gtest/gtest.h>

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
  EXPECT_EQ(Printable("a\x1b[2Jb\nc\x7f"), "a\\x1b[2Jb\\x0ac\\x7f");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(Printable("ü µ"), "ü µ");
}

}  // namespace
}  // namespace loadline::collector
