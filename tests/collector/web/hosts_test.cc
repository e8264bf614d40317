#include "collector/web/hosts.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

TEST(Hosts, AddressesInNumbersAndLocalhostAreOurs) {
  for (const char* host : {"127.0.0.1:7780", "localhost:7780", "LOCALHOST", "localhost.", "[::1]:7780",
                           "10.1.2.3:8080", "[fd00::1]", "0.0.0.0"}) {
    EXPECT_TRUE(HostIsOurs(host, {})) << host;
  }
}

TEST(Hosts, NoOtherNameIsUnlessItIsListed) {
  for (const char* host : {"", "evil.example", "evil.example:7780", "127.0.0.1.evil.example", "127.1",
                           "localhost.evil.example", "loadline.internal.evil.example", "[::1", "[]", ":80"}) {
    EXPECT_FALSE(HostIsOurs(host, {"loadline.internal"})) << host;
  }
  EXPECT_TRUE(HostIsOurs("Loadline.internal:80", {"loadline.internal"}));
  EXPECT_TRUE(HostIsOurs("loadline.internal.", {"LOADLINE.internal"}));
}

}  // namespace
}  // namespace loadline::collector
