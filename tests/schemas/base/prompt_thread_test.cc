#include "schemas/base/prompt_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace loadline {
namespace {

TEST(PromptThread, HasItsNameAndIsAsNiceAsBefore) {
  std::thread([] {
    const auto self = static_cast<id_t>(::gettid());
    ::setpriority(PRIO_PROCESS, self, 3);
    BePrompt("core");
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    EXPECT_EQ(std::string(name.data()), "core");
    EXPECT_EQ(::getpriority(PRIO_PROCESS, self), 3);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
  }).join();
}

}  // namespace
}  // namespace loadline
