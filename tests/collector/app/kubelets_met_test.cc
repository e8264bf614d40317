#include "collector/app/kubelets_met.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

TEST(KubeletsMet, AreReadAsTheyWereWritten) {
  for (const bool answered : {false, true}) {
    const KubeletMet met{.node = "web-1", .address = "fd00::4", .port = 10250, .answered = answered};
    EXPECT_EQ(ReadKubelet("web-1", KubeletBytes(met)), met);
  }
}

TEST(KubeletsMet, WhatALaterVersionAddsIsLeftOut) {
  EXPECT_EQ(ReadKubelet("web-1", R"({"address":"10.0.0.4","port":10250,"since":7})"),
            (KubeletMet{.node = "web-1", .address = "10.0.0.4", .port = 10250}));
}

TEST(KubeletsMet, DamagedBytesAreNone) {
  for (const char* bytes : {"", "{", "[]", "{}", R"({"address":"10.0.0.4"})", R"({"address":4,"port":10250})",
                            R"({"address":"10.0.0.4","port":99999})", R"({"address":"10.0.0.4","port":-1})"})
    EXPECT_FALSE(ReadKubelet("web-1", bytes)) << bytes;
}

}  // namespace
}  // namespace loadline::collector
