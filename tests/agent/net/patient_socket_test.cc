// Its manners with servers that hang are tried by the checks that use it: tests/agent/checks/sockets_test.cc.
#include "agent/net/patient_socket.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

TEST(ParseHostPort, TakesNumbersAlone) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:10248")->port, 10248);
  EXPECT_EQ(ParseHostPort("[::1]:10248")->host, "::1");
  EXPECT_EQ(ParseHostPort("localhost:1")->host, "127.0.0.1");
  for (const char* wrong : {"", ":1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
                            "127.0.0.1:1x", "kubelet:10248", "127.0.0.1:-1", "[::1:1"}) {
    EXPECT_FALSE(ParseHostPort(wrong)) << wrong;
  }
}

TEST(HostPort, IsWrittenAsItIsRead) {
  for (const char* text : {"127.0.0.1:10248", "[::1]:53"}) EXPECT_EQ(TextOf(*ParseHostPort(text)), text);
}

}  // namespace
}  // namespace loadline::agent
