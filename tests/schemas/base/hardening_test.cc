// What is given up is gone for good, so each test does it in a process of its own.
#include "schemas/base/hardening.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>
#include <string>

#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

// A line of /proc/thread-self/status: "CapEff".
std::string StatusOf(const std::string& what) {
  std::ifstream status("/proc/thread-self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(what + ":\t")) return line.substr(what.size() + 2);
  }
  return "";
}

bool InAProcess(const std::function<bool()>& holds) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(holds() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(HardenProcess, MakesFilesOfItsOwnerAlone) {
  const TemporaryFolder folder;
  EXPECT_TRUE(InAProcess([&] {
    ::umask(0);
    HardenProcess(false);
    struct stat file{};
    const int fd = ::open((folder.path() + "/f").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
    return ::fstat(fd, &file) == 0 && (file.st_mode & 0777) == 0600;
  }));
}

TEST(HardenProcess, GainsNothingAndLeavesNoCore) {
  EXPECT_TRUE(InAProcess([] {
    HardenProcess(false);
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    return StatusOf("NoNewPrivs") == "1" && core.rlim_max == 0;
  }));
}

TEST(HardenProcess, LeavesACoreWhereThatIsWanted) {
  EXPECT_TRUE(InAProcess([] {
    rlimit before{};
    ::getrlimit(RLIMIT_CORE, &before);
    HardenProcess(true);
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    return core.rlim_max == before.rlim_max && StatusOf("NoNewPrivs") == "1";
  }));
}

class Capabilities : public testing::Test {
 protected:
  void SetUp() override {
    if (StatusOf("CapEff") == "0000000000000000") GTEST_SKIP() << "there are none to give up";
  }
  static constexpr std::array kKept = {CAP_CHOWN};
};

TEST_F(Capabilities, AreGivenUpButForThoseThatAreKept) {
  EXPECT_TRUE(InAProcess([] {
    const bool had = (std::stoull(StatusOf("CapPrm"), nullptr, 16) & 1U) != 0;
    const char* left = had ? "0000000000000001" : "0000000000000000";
    return KeepOnlyCapabilities(kKept).has_value() && StatusOf("CapEff") == left &&
           StatusOf("CapPrm") == left && StatusOf("CapInh") == "0000000000000000";
  }));
}

TEST_F(Capabilities, AreBackAfterHavingBeenAside) {
  EXPECT_TRUE(InAProcess([] {
    const std::string before = StatusOf("CapPrm");
    bool aside = false;
    {
      const CapabilitiesAside without({});
      aside = StatusOf("CapEff") == "0000000000000000";
    }
    return aside && StatusOf("CapEff") == before;
  }));
}

}  // namespace
}  // namespace loadline
