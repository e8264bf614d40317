#include "agent/checks/zombies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace loadline::agent {
namespace {

// A child of ours with so many children that have ended, for which it does not wait.
class BadParent {
 public:
  explicit BadParent(int children) {
    int ready[2];
    if (::pipe(ready) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::prctl(PR_SET_NAME, "bad-parent");
      for (int i = 0; i < children; ++i) {
        if (::fork() == 0) ::_exit(0);
      }
      // All have ended.
      siginfo_t info;
      for (int i = 0; i < children; ++i) ::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
      ::usleep(200'000);
      (void)!::write(ready[1], "x", 1);
      ::pause();
    }
    char byte = 0;
    (void)!::read(ready[0], &byte, 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~BadParent() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

TEST(Zombies, FindsAParentThatWaitsForNone) {
  const BadParent parent(120);
  const auto found = Zombies("").Look(Mono{}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].health, Health::kBad) << found[0].message;
  EXPECT_THAT(found[0].message, testing::HasSubstr("120 of them children of bad-parent (pid " +
                                                   std::to_string(parent.pid()) + ")"));
}

TEST(Zombies, WithoutProcNothingIsKnown) {
  EXPECT_EQ(Zombies("/nowhere").Look(Mono{}, {}).at(0).health, Health::kUnknown);
}

}  // namespace
}  // namespace loadline::agent
