#include "agent/identity/display_name.h"

#include <gtest/gtest.h>

#include "agent/identity/cgroup_path.h"

namespace loadline::agent {
namespace {

TEST(DisplayName, IsWhatPeopleSay) {
  const std::string id = "0f3e9c11b2aa" + std::string(52, 'd');
  EXPECT_EQ(DisplayName(IdentifyCgroup("/")), "(machine)");
  EXPECT_EQ(DisplayName(IdentifyCgroup("/kubepods/pod1f0c2a3b-4d5e/" + id + "/init.scope")),
            "pod 1f0c2a3b container 0f3e9c11b2aa/init.scope");
  EXPECT_EQ(DisplayName(IdentifyCgroup("/kubepods/pod1f0c2a3b-4d5e")), "pod 1f0c2a3b-4d5e");
  EXPECT_EQ(DisplayName(IdentifyCgroup("/docker/" + id)), "container 0f3e9c11b2aa");
  EXPECT_EQ(DisplayName(IdentifyCgroup("/system.slice/nginx.service/worker")), "nginx.service/worker");
  EXPECT_EQ(DisplayName(IdentifyCgroup("/system.slice")), "/system.slice");
  EXPECT_EQ(DisplayName(IdentifyCgroup("/batch/night")), "/batch/night");
}

}  // namespace
}  // namespace loadline::agent
