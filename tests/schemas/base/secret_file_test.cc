#include "schemas/base/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

class SecretFiles : public testing::Test {
 protected:
  std::string Write(const std::string& text, mode_t mode = 0600) const {
    const std::string path = folder_.path() + "/secret";
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(SecretFiles, HoldOneLineWithoutSpaceAroundIt) {
  EXPECT_EQ(ReadSecretFile(Write(" one two\t\r\nthree\n")), Secret("one two"));
  EXPECT_EQ(ReadSecretFile(Write("\n\n  one\n")), Secret("one"));
  EXPECT_EQ(ReadSecretFile(Write("one")), Secret("one"));
}

TEST_F(SecretFiles, ThatAreMissingEmptyOrTooLargeAreErrorsThatNameThePathAlone) {
  const std::string missing = folder_.path() + "/missing";
  EXPECT_EQ(ReadSecretFile(missing).error().kind, ErrorKind::kNotFound);
  EXPECT_NE(ReadSecretFile(missing).error().message.find(missing), std::string::npos);
  EXPECT_NE(ReadSecretFile(Write(" \n\t\n")).error().message.find("is empty"), std::string::npos);
  const std::string message = ReadSecretFile(Write(std::string(20'000, 'x'))).error().message;
  EXPECT_NE(message.find("is too large"), std::string::npos);
  EXPECT_EQ(message.find("xxx"), std::string::npos);
}

TEST_F(SecretFiles, OfOursThatOthersMayReadAreRefusedWhereThatIsAsked) {
  const std::string path = Write("one", 0644);
  EXPECT_TRUE(ReadSecretFile(path));
  const auto read = ReadPrivateFile(path);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("chmod 600"), std::string::npos);
  EXPECT_EQ(read.error().message.find("one"), std::string::npos);
}

TEST_F(SecretFiles, AreMadeForTheirOwnerAndNeverReplaced) {
  const std::string path = folder_.path() + "/made";
  ASSERT_TRUE(WriteSecretFile(path, "one"));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_FALSE(WriteSecretFile(path, "two"));
  EXPECT_EQ(ReadPrivateFile(path), Secret("one"));
}

}  // namespace
}  // namespace loadline
