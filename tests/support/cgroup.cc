#include "tests/support/cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "schemas/base/fd.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<void> WriteFile(const std::string& path, const std::string& value) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return SystemFailure("opening " + path, errno);
  if (::write(fd.get(), value.data(), value.size()) < 0) return SystemFailure("writing " + path, errno);
  return {};
}

// On v2 a child has a controller only when each folder above it hands it down.
void HandDownControllers(const std::string& mount, const std::string& path) {
  std::string folder = mount;
  for (const std::string& part : Split(path, '/')) {
    if (part.empty()) continue;
    for (const char* controller : {"+cpu", "+memory", "+pids", "+hugetlb"}) {
      (void)WriteFile(folder + "/cgroup.subtree_control", controller);
    }
    folder += "/" + part;
  }
}

}  // namespace

std::vector<OwnCgroup::Hierarchy> OwnCgroup::Hierarchies() {
  std::vector<Hierarchy> found;
  std::ifstream mounts("/proc/self/mounts");
  std::string device, mount, type, options, rest;
  while (mounts >> device >> mount >> type >> options && std::getline(mounts, rest)) {
    if (type == "cgroup2") {
      found.push_back({mount, Split(ReadFile(mount + "/cgroup.controllers"), ' '), true});
      for (std::string& name : found.back().controllers) std::erase(name, '\n');
    } else if (type == "cgroup") {
      Hierarchy hierarchy{mount, Split(options, ','), false};
      const auto has = [&](const char* name) { return std::ranges::count(hierarchy.controllers, name) > 0; };
      if (has("cpu") || has("cpuacct") || has("memory")) found.push_back(std::move(hierarchy));
    }
  }
  return found;
}

Result<OwnCgroup> OwnCgroup::Make(std::string name) {
  OwnCgroup cgroup("/" + std::move(name));
  cgroup.hierarchies_ = Hierarchies();
  for (const Hierarchy& hierarchy : cgroup.hierarchies_) {
    std::error_code error;
    std::filesystem::create_directories(hierarchy.mount + cgroup.path_, error);
    if (error) return SystemFailure("making cgroup " + hierarchy.mount + cgroup.path_, error.value());
    if (hierarchy.unified) HandDownControllers(hierarchy.mount, cgroup.path_);
  }
  return cgroup;
}

OwnCgroup::OwnCgroup(OwnCgroup&& other) noexcept
    : path_(std::move(other.path_)), hierarchies_(std::exchange(other.hierarchies_, {})) {}

OwnCgroup::~OwnCgroup() {
  if (hierarchies_.empty()) return;
  KillAll();
  for (const Hierarchy& hierarchy : hierarchies_) {
    // Parents too, as long as they are empty: rmdir refuses the others.
    for (std::string path = path_; path.size() > 1; path.erase(path.rfind('/'))) {
      if (::rmdir((hierarchy.mount + path).c_str()) != 0 && errno != ENOENT) break;
    }
  }
}

const OwnCgroup::Hierarchy* OwnCgroup::Find(std::string_view controller) const {
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (controller.empty() ? hierarchy.unified : std::ranges::count(hierarchy.controllers, controller) > 0) {
      return &hierarchy;
    }
  }
  // v2 has no cpuacct: its cpu.stat says it all.
  return controller == "cpuacct" ? Find("cpu") : nullptr;
}

std::string OwnCgroup::Folder(std::string_view controller) const {
  const Hierarchy* hierarchy = Find(controller);
  return hierarchy != nullptr ? hierarchy->mount + path_ : "";
}

std::string OwnCgroup::Read(std::string_view controller, std::string_view file) const {
  return ReadFile(Folder(controller) + "/" + std::string(file));
}

std::uint64_t OwnCgroup::ReadKey(std::string_view controller, std::string_view file,
                                 std::string_view key) const {
  std::istringstream lines(Read(controller, file));
  std::string name;
  for (std::uint64_t value = 0; lines >> name >> value;) {
    if (name == key) return value;
  }
  return 0;
}

Result<void> OwnCgroup::Write(std::string_view controller, std::string_view file,
                              const std::string& value) const {
  const std::string folder = Folder(controller);
  if (folder.empty()) return Failure(ErrorKind::kUnsupported, "no hierarchy has " + std::string(controller));
  return WriteFile(folder + "/" + std::string(file), value);
}

Result<void> OwnCgroup::LimitCpu(MilliCores limit) {
  static constexpr std::int64_t kPeriodUs = 100'000;
  const std::string quota = std::to_string(limit * kPeriodUs / 1000);
  if (Find("cpu") != nullptr && Find("cpu")->unified) {
    return Write("cpu", "cpu.max", (limit > 0 ? quota : "max") + " " + std::to_string(kPeriodUs));
  }
  return Write("cpu", "cpu.cfs_quota_us", limit > 0 ? quota : "-1");
}

Result<void> OwnCgroup::RequestCpu(MilliCores request) {
  const std::int64_t shares = std::clamp<std::int64_t>(request * 1024 / 1000, 2, 262144);
  if (Find("cpu") != nullptr && Find("cpu")->unified) {
    return Write("cpu", "cpu.weight", std::to_string(1 + (shares - 2) * 9999 / 262142));
  }
  return Write("cpu", "cpu.shares", std::to_string(shares));
}

Result<void> OwnCgroup::LimitMemory(Bytes limit) {
  if (Find("memory") != nullptr && Find("memory")->unified)
    return Write("memory", "memory.max", std::to_string(limit));
  return Write("memory", "memory.limit_in_bytes", std::to_string(limit));
}

Result<void> OwnCgroup::Enter(pid_t pid) const {
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (auto done = WriteFile(hierarchy.mount + path_ + "/cgroup.procs", std::to_string(pid)); !done)
      return done;
  }
  return {};
}

pid_t OwnCgroup::Spawn(const std::function<void()>& work) const {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (!Enter()) ::_exit(125);
  work();
  ::_exit(0);
}

void OwnCgroup::KillAll() const {
  for (int tries = 0; tries < 200; ++tries) {
    bool empty = true;
    for (const Hierarchy& hierarchy : hierarchies_) {
      std::istringstream pids(ReadFile(hierarchy.mount + path_ + "/cgroup.procs"));
      for (pid_t pid = 0; pids >> pid;) {
        empty = false;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, WNOHANG);
      }
    }
    if (empty) return;
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace loadline::testing
