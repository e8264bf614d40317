#include "collector/ingest/agent_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "collector/ingest/curve_keys.h"
#include "schemas/base/secret_file.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

void Write(const std::string& path, const std::string& line) {
  std::ofstream(path) << line << '\n';
  ::chmod(path.c_str(), 0600);
}

TEST(AgentKeys, TheOneThatIsMadeIsAdmittedAndMadeOnce) {
  const TemporaryFolder folder;
  const std::string keys = folder.path() + "/agents";
  ASSERT_TRUE(EnsureAgentKey(keys));
  std::string secret;
  std::ifstream(keys + "/agent.key") >> secret;
  ASSERT_TRUE(EnsureAgentKey(keys));
  std::string again;
  std::ifstream(keys + "/agent.key") >> again;
  EXPECT_EQ(secret, again);
  const auto opened = OpenAgentKeys(keys, Mono{});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE((*opened)->Admits(*DecodeKey(*PublicKeyOf(secret)), Mono{}));
  EXPECT_FALSE((*opened)->Admits(*DecodeKey(NewCurveKeys()->public_key), Mono{}));
}

TEST(AgentKeys, OldAndNewOverlapAndWhatIsTakenAwayIsNotAdmittedAnyMore) {
  const TemporaryFolder folder;
  const CurveKeys old = *NewCurveKeys(), renewed = *NewCurveKeys();
  Write(folder.path() + "/agent.key", old.secret_key.Reveal());
  const auto keys = *OpenAgentKeys(folder.path(), Mono{});
  Write(folder.path() + "/next.pub", renewed.public_key);
  EXPECT_TRUE(keys->Admits(*DecodeKey(renewed.public_key), Mono(10s)));
  EXPECT_TRUE(keys->Admits(*DecodeKey(old.public_key), Mono(10s)));
  std::filesystem::remove(folder.path() + "/agent.key");
  EXPECT_TRUE(keys->Admits(*DecodeKey(renewed.public_key), Mono(20s)));
  EXPECT_FALSE(keys->Admits(*DecodeKey(old.public_key), Mono(20s)));
}

TEST(AgentKeys, WhileTheFolderCannotBeReadTheLastOnesStayGood) {
  const TemporaryFolder folder;
  const CurveKeys pair = *NewCurveKeys();
  Write(folder.path() + "/agent.key", pair.secret_key.Reveal());
  const auto keys = *OpenAgentKeys(folder.path(), Mono{});
  Write(folder.path() + "/broken.pub", "no key");
  EXPECT_TRUE(keys->Admits(*DecodeKey(pair.public_key), Mono(10s)));
}

TEST(AgentKeys, AnyIsLetInForAWhileWhereAgentsHaveNone) {
  const TemporaryFolder folder;
  ASSERT_TRUE(EnsureAgentKey(folder.path()));
  const auto keys = AnyKeyUntil(Mono(60s), *OpenAgentKeys(folder.path(), Mono{}));
  const zmtp::Key any = *DecodeKey(NewCurveKeys()->public_key);
  EXPECT_TRUE(keys->Admits(any, Mono(59s)));
  EXPECT_FALSE(keys->Admits(any, Mono(60s)));
  EXPECT_TRUE(
      keys->Admits(*DecodeKey(*PublicKeyOf(*ReadPrivateFile(folder.path() + "/agent.key"))), Mono(60s)));
}

TEST(AgentKeys, AnyFortyLettersAndDigitsAreASecretKey) {
  // So that a chart can make one without knowing what a curve is.
  for (const char* text :
       {"0000000000000000000000000000000000000000", "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "q3RkXw90LZa81mNvBcQ7ytUe5PsDf2GhJ4iKoW6E"}) {
    EXPECT_TRUE(PublicKeyOf(text)) << text;
  }
}

TEST(AgentKeys, WhatIsWrongIsNamedAndNoSecretIsTold) {
  const TemporaryFolder folder;
  EXPECT_NE(OpenAgentKeys(folder.path(), Mono{}).error().message.find("holds no key of agents"),
            std::string::npos);
  Write(folder.path() + "/agent.key", "hunter2");
  const std::string error = OpenAgentKeys(folder.path(), Mono{}).error().message;
  EXPECT_NE(error.find("agent.key"), std::string::npos) << error;
  EXPECT_EQ(error.find("hunter2"), std::string::npos);
  Write(folder.path() + "/agent.key", NewCurveKeys()->secret_key.Reveal());
  ::chmod((folder.path() + "/agent.key").c_str(), 0644);
  EXPECT_NE(OpenAgentKeys(folder.path(), Mono{}).error().message.find("can be read by others"),
            std::string::npos);
}

}  // namespace
}  // namespace loadline::collector
