#include "collector/web/hosts.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

TEST(Hosts, LoopbackAnswersOnlyToLoopbackNames) {
  for (const char* host : {"127.0.0.1:7780", "localhost:7780", "LOCALHOST", "[::1]:7780", "127.1.2.3"}) {
    EXPECT_TRUE(HostIsOurs(host, "127.0.0.1", {})) << host;
  }
  for (const char* host : {"", "evil.example", "evil.example:7780", "127.0.0.1.evil.example",
                           "localhost.evil.example", "10.0.0.1", "[::1"}) {
    EXPECT_FALSE(HostIsOurs(host, "127.0.0.1", {})) << host;
  }
}

TEST(Hosts, AllowedNamesAreAnsweredToo) {
  EXPECT_TRUE(HostIsOurs("loadline.internal:80", "127.0.0.1", {"loadline.internal"}));
  EXPECT_TRUE(HostIsOurs("loadline.internal", "0.0.0.0", {"loadline.internal"}));
  EXPECT_FALSE(HostIsOurs("evil.example", "0.0.0.0", {"loadline.internal"}));
}

TEST(Hosts, WithoutAListAnAddressForAllAnswersToAnyName) {
  EXPECT_TRUE(HostIsOurs("any.thing", "0.0.0.0", {}));
}

}  // namespace
}  // namespace loadline::collector
