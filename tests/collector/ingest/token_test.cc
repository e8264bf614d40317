#include "collector/ingest/token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "schemas/base/secret_file.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

class TokenFile : public testing::Test {
 protected:
  void Write(const std::string& text) const {
    std::ofstream(path()) << text;
    ::chmod(path().c_str(), 0600);
  }
  [[nodiscard]] std::string path() const { return folder_.path() + "/token"; }

  TemporaryFolder folder_;
};

TEST_F(TokenFile, TheRightTokenSpeaksForAnyNode) {
  Write("secret\n");
  const auto tokens = *OpenTokenFile(path());
  EXPECT_EQ(tokens->Verify("secret", "n", ""), "n");
}

TEST_F(TokenFile, AnyOtherTokenIsDeniedWithoutSayingTheRightOne) {
  Write("secret\n");
  const auto tokens = *OpenTokenFile(path());
  for (const std::string wrong : {"", "secre", "secret ", "Secret", "secretsecret"}) {
    const auto verdict = tokens->Verify(wrong, "n", "");
    ASSERT_FALSE(verdict) << wrong;
    EXPECT_EQ(verdict.error().kind, ErrorKind::kDenied);
    EXPECT_EQ(verdict.error().message.find("secret"), std::string::npos);
  }
}

TEST_F(TokenFile, ANewTokenIsTakenUpAndTheOldOneIsNotValidAnyMore) {
  Write("one\n");
  const auto tokens = *OpenTokenFile(path());
  EXPECT_TRUE(tokens->Verify("one", "n", ""));
  std::filesystem::remove(path());
  EXPECT_TRUE(tokens->Verify("one", "n", "")) << "while it is being replaced the last one counts";
  Write("two, longer\n");
  EXPECT_FALSE(tokens->Verify("one", "n", ""));
  EXPECT_TRUE(tokens->Verify("two, longer", "n", ""));
}

TEST_F(TokenFile, AMissingOrEmptyOrOpenFileIsAClearError) {
  EXPECT_NE(OpenTokenFile(path()).error().message.find(path()), std::string::npos);
  Write("\n");
  EXPECT_NE(OpenTokenFile(path()).error().message.find("is empty"), std::string::npos);
  Write("secret\n");
  ::chmod(path().c_str(), 0644);
  const std::string message = OpenTokenFile(path()).error().message;
  EXPECT_NE(message.find("can be read by others"), std::string::npos);
  EXPECT_EQ(message.find("secret\n"), std::string::npos);
}

TEST_F(TokenFile, ANewTokenIsRandomAndPrivateAndStays) {
  ASSERT_TRUE(EnsureTokenFile(path()));
  const Secret token = *ReadPrivateFile(path());
  EXPECT_EQ(token.Reveal().size(), 64u);
  ASSERT_TRUE(EnsureTokenFile(path()));
  EXPECT_EQ(*ReadPrivateFile(path()), token);
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

}  // namespace
}  // namespace loadline::collector
