#include "agent/checks/mount_look.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace loadline::agent {
namespace {

MountAnswer AskOne(const char* path) {
  struct stat file{};
  struct statvfs size{};
  if (::stat(path, &file) != 0 || ::statvfs(path, &size) != 0) return {.kind = MountAnswer::Kind::kFailed};
  return {.kind = MountAnswer::Kind::kAnswered,
          .device = file.st_dev,
          .total = size.f_blocks * size.f_frsize,
          .free = size.f_bavail * size.f_frsize,
          .inodes = size.f_files,
          .free_inodes = size.f_favail};
}

}  // namespace

// Paths that one thread asks one after another. Who waits for it and the thread itself keep it alive.
class MountLook::Asking {
 public:
  explicit Asking(std::vector<std::string> paths) : paths_(std::move(paths)) {}

  void Run() {
    for (const std::string& path : paths_) {
      const MountAnswer answer = AskOne(path.c_str());
      std::lock_guard lock(mutex_);
      if (given_up_) break;
      answers_.push_back(answer);
    }
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  // Of the paths up to the first that has not answered in time. Nobody waits for the rest. Each answer is not worth a
  // wake-up: who waits looks now and then whether there was one.
  std::vector<MountAnswer> WaitForAnswers(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    std::size_t before = 0;
    do {
      before = answers_.size();
      changed_.wait_for(lock, stop, kPatience, [&] { return ended_; });
    } while (!ended_ && answers_.size() > before);
    given_up_ = !ended_;
    return answers_;
  }

  [[nodiscard]] bool ended() const {
    std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  const std::vector<std::string> paths_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<MountAnswer> answers_;
  bool given_up_ = false;
  bool ended_ = false;
};

// Null when there is no thread to be had.
std::shared_ptr<MountLook::Asking> MountLook::Start(std::vector<std::string> paths) {
  auto asking = std::make_shared<Asking>(std::move(paths));
  try {
    std::thread([asking] {
      ::pthread_setname_np(::pthread_self(), "mounts");
      asking->Run();
    }).detach();
  } catch (const std::system_error&) {
    return nullptr;
  }
  return asking;
}

std::vector<MountAnswer> MountLook::Ask(const std::vector<std::string>& paths, const std::stop_token& stop) {
  std::erase_if(left_, [](const auto& one) { return one.second->ended(); });
  std::vector<MountAnswer> answers(paths.size());
  std::vector<std::size_t> to_ask;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (left_.contains(paths[i]))
      answers[i].kind = MountAnswer::Kind::kHangs;
    else
      to_ask.push_back(i);
  }
  for (int hanging = 0; !to_ask.empty() && hanging < kMostHanging && left_.size() < kMostLeft; ++hanging) {
    std::vector<std::string> asked;
    for (const std::size_t i : to_ask) asked.push_back(paths[i]);
    const auto asking = Start(std::move(asked));
    if (!asking) break;
    const std::vector<MountAnswer> answered = asking->WaitForAnswers(stop);
    for (std::size_t i = 0; i < answered.size(); ++i) answers[to_ask[i]] = answered[i];
    if (answered.size() == to_ask.size() || stop.stop_requested()) break;
    const std::size_t hangs = to_ask[answered.size()];
    answers[hangs].kind = MountAnswer::Kind::kHangs;
    left_[paths[hangs]] = asking;
    to_ask.erase(to_ask.begin(), to_ask.begin() + static_cast<std::ptrdiff_t>(answered.size()) + 1);
  }
  return answers;
}

}  // namespace loadline::agent
