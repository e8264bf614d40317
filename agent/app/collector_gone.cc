#include "agent/app/collector_gone.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <utility>

#include "agent/app/post_program.h"
#include "schemas/base/secret_file.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSpeakers = 8;
// Between the first and the last of them.
constexpr std::uint64_t kSpreadMs = 10'000;
constexpr Duration kFirstRetry = 5s;
constexpr Duration kLongestRetry = 60s;

// FNV-1a, and its bits mixed once more: names of nodes differ in their last characters.
std::uint64_t HashOf(std::string_view name) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33U);
}

Result<void> Tell(const std::string& webhook_file, const std::string& text, const std::stop_token& stop) {
  const Result<Secret> url = ReadSecretFile(webhook_file);
  if (!url) return Failure(url.error());
  return PostThrough(PostProgram(), url->Reveal(), text, stop);
}

void Watch(const std::stop_token& stop, CollectorGone gone, const std::string& webhook_file,
           const Uplink& uplink, const Clock& clock) {
  std::mutex mutex;
  std::condition_variable_any woken;
  Duration wait = kFirstRetry;
  Mono next{};
  while (!stop.stop_requested()) {
    const Mono now = clock.Now();
    const std::optional<std::string> text = gone.Step(uplink.Status().connected, now);
    if (!text) wait = kFirstRetry;
    if (text && now >= next) {
      if (const Result<void> told = Tell(webhook_file, *text, stop); told) {
        gone.Said();
        spdlog::warn("{}", *text);
      } else {
        spdlog::warn("telling the webhook of the collector failed: {}", told.error().message);
        next = now + wait;
        wait = std::min(2 * wait, kLongestRetry);
      }
    }
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, 1s, [] { return false; });
  }
}

}  // namespace

CollectorGone::CollectorGone(const CollectorGoneOptions& options, std::string node) : node_(std::move(node)) {
  const std::uint64_t hash = HashOf(node_);
  speaks_ = hash % std::max<std::uint64_t>(options.nodes, 1) < kSpeakers;
  delay_ = options.after + std::chrono::milliseconds((hash >> 32U) % kSpreadMs);
}

std::optional<std::string> CollectorGone::Step(bool connected, Mono now) {
  if (!speaks_) return std::nullopt;
  if (connected) {
    alone_since_.reset();
    gone_ = false;
  } else if (!alone_since_) {
    alone_since_ = now;
  }
  if (alone_since_ && now - *alone_since_ >= delay_) gone_ = true;
  if (gone_ == said_gone_) return std::nullopt;
  return gone_ ? fmt::format(
                     "Loadline's agent on node {} does not reach the collector: nobody watches this node.",
                     node_)
               : fmt::format("Loadline's agent on node {} reaches the collector again.", node_);
}

void CollectorGone::Said() {
  said_gone_ = gone_;
}

CollectorGoneWatch::CollectorGoneWatch(const CollectorGoneOptions& options, const std::string& node,
                                       const Uplink& uplink, const Clock& clock) {
  const CollectorGone gone(options, node);
  if (options.webhook_file.empty() || !gone.speaks()) return;
  if (!std::filesystem::exists(PostProgram()))
    spdlog::warn("{} is missing: nobody is told when the collector is gone", PostProgram().string());
  thread_ = std::jthread([gone, file = options.webhook_file, &uplink, &clock](const std::stop_token& stop) {
    Watch(stop, gone, file, uplink, clock);
  });
}

}  // namespace loadline::agent
