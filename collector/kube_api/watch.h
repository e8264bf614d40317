// One kind of object, kept up to date: listed in pages, then watched, and listed again when it must be.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>

#include "collector/kube_api/backoff.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class KubeClient;

struct WatchOptions {
  std::string path;                          // "/api/v1/pods"
  std::string field_selector{};              // "type=Warning"; empty: all of them
  std::string kind{};                        // as it is shown; empty: the end of the path
  bool metadata_only = false;                // ask for labels, owners and names alone
  int page = 500;                            // objects a page of the list
  Duration renew = std::chrono::minutes(5);  // how long the server shall keep one stream open
};

// What becomes of the objects. All are called on the thread of Run.
struct WatchSink {
  std::function<void()> begin_list;  // what is not given until end_list is gone
  std::function<void(const nlohmann::json&)> upsert;
  std::function<void(const nlohmann::json&)> remove;  // with the object's last state
  std::function<void()> end_list;
};

// What comes goes to both, the first one first.
WatchSink Both(WatchSink first, WatchSink second);

class Watch {
 public:
  Watch(WatchOptions options, WatchSink sink, BackoffOptions backoff = {})
      : options_(std::move(options)), sink_(std::move(sink)), backoff_(backoff) {}

  // Returns only when `stop` is requested; `api` was made with the same token. Every failure is waited out.
  void Run(KubeClient& api, const std::stop_token& stop);

  // ---- from any thread
  [[nodiscard]] std::string kind() const {
    return options_.kind.empty() ? options_.path.substr(options_.path.rfind('/') + 1) : options_.kind;
  }
  [[nodiscard]] bool synced() const { return synced_; }  // listed in full at least once
  struct Counters {
    std::uint64_t lists = 0;
    std::uint64_t watches = 0;
    std::uint64_t events = 0;
    std::uint64_t expired = 0;  // 410 Gone: our position was too old
    std::uint64_t failures = 0;
  };
  [[nodiscard]] Counters counters() const;
  // Of the last list or event, bookmarks too; the beginning of time before the first.
  [[nodiscard]] Mono last_heard() const;
  // Why it does not work right now; empty when it does.
  [[nodiscard]] std::string trouble() const;

 private:
  enum class Ended { kResume, kListAgain };
  Result<void> List(KubeClient& api);
  Result<Ended> ListAndFollow(KubeClient& api);
  Result<Ended> Follow(KubeClient& api);
  // False when the stream must end: *ended says how to go on.
  bool Take(std::string_view line, Ended& ended);
  void Count(std::uint64_t Counters::* counter);
  void HeardNow();
  void SetTrouble(std::string words);

  const WatchOptions options_;
  const WatchSink sink_;
  Backoff backoff_;
  bool listed_ = false;  // the last list was read to its end
  std::string version_;  // resourceVersion we have seen everything up to
  std::atomic<bool> synced_{false};
  mutable std::mutex mutex_;
  Counters counters_;
  Mono last_heard_{};
  std::string trouble_;
};

}  // namespace loadline::collector
