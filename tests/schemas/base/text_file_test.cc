#include "schemas/base/text_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

using testing::EndsWith;
using testing::StartsWith;

class TextFileTest : public testing::Test {
 protected:
  std::filesystem::path With(const std::string& text) {
    std::ofstream(folder_ / "file", std::ios::binary) << text;
    return folder_ / "file";
  }
  TemporaryFolder folder_;
};

TEST_F(TextFileTest, IsReadWhole) {
  const std::string long_one(200'000, 'x');
  for (const std::string& text : {std::string(), std::string("a: b\n"), std::string("\0\n", 2), long_one})
    EXPECT_EQ(ReadTextFile(With(text)), text);
}

TEST_F(TextFileTest, WhatIsLongerIsRefused) {
  EXPECT_EQ(ReadTextFile(With("12345678"), 8), "12345678");
  const auto longer = ReadTextFile(With("123456789"), 8);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().message, folder_.path() + "/file: longer than 8 bytes");
  EXPECT_EQ(longer.error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(ReadTextFile("/dev/zero")) << "which has no end";
}

TEST_F(TextFileTest, WhatCannotBeReadIsSaid) {
  const auto missing = ReadTextFile(folder_ / "file", 8, "configuration");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(missing.error().message,
            "reading configuration " + folder_.path() + "/file: No such file or directory");
  const auto folder = ReadTextFile(folder_.path());
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message, StartsWith("reading /"));
  EXPECT_THAT(folder.error().message, EndsWith(": Is a directory"));
}

TEST_F(TextFileTest, APipeIsReadToItsEnd) {
  const std::filesystem::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::jthread writer([&] { std::ofstream(pipe) << "one\n" << std::flush << "two\n"; });
  EXPECT_EQ(ReadTextFile(pipe), "one\ntwo\n");
}

}  // namespace
}  // namespace loadline
