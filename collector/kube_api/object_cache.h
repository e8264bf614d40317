// The objects of one kind, reduced to what is used of them and kept up to date by a watch.
//
//   ObjectCache<Quota> quotas(ParseQuota);
//   Watch watch({.path = "/api/v1/resourcequotas"}, quotas.Sink());
//
// The watch writes; everything else may be called from any thread. What was there stays until a new list was
// read to its end.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "collector/kube_api/watch.h"

namespace loadline::collector {

// "namespace/name", or the name where the kind has no namespaces.
std::string KeyOfObject(const nlohmann::json& object);

template <typename T>
class ObjectCache {
 public:
  // Nothing: the object is of no use.
  using Parse = std::optional<T> (*)(const nlohmann::json& object);

  explicit ObjectCache(Parse parse) : parse_(parse) {}

  // For a watch that the cache outlives.
  WatchSink Sink() {
    return {.begin_list =
                [this] {
                  const std::lock_guard lock(mutex_);
                  listing_ = true;
                  listed_.clear();
                },
            .upsert = [this](const nlohmann::json& object) { Upsert(object); },
            .remove = [this](const nlohmann::json& object) { Remove(object); },
            .end_list =
                [this] {
                  const std::lock_guard lock(mutex_);
                  listing_ = false;
                  complete_ = true;
                  if (objects_ == listed_) return;
                  objects_ = std::move(listed_);
                  ++generation_;
                }};
  }

  // Of one object, by its KeyOfObject.
  [[nodiscard]] std::optional<T> Find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(key);
    return it == objects_.end() ? std::nullopt : std::optional(it->second);
  }
  // `use` must be brief and call nothing of the cache.
  template <typename Use>
  void ForEach(Use use) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, object] : objects_) use(key, object);
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return objects_.size();
  }
  // A list was read to its end: what is not there does not exist.
  [[nodiscard]] bool complete() const { return complete_; }
  // Grows with each change of what is kept.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  void Upsert(const nlohmann::json& object) {
    std::optional<T> parsed = parse_(object);
    if (!parsed) {
      Remove(object);
      return;
    }
    const std::lock_guard lock(mutex_);
    auto& into = listing_ ? listed_ : objects_;
    auto [it, is_new] = into.try_emplace(KeyOfObject(object));
    if (!is_new && it->second == *parsed) return;
    it->second = std::move(*parsed);
    if (!listing_) ++generation_;
  }
  void Remove(const nlohmann::json& object) {
    const std::lock_guard lock(mutex_);
    if ((listing_ ? listed_ : objects_).erase(KeyOfObject(object)) > 0 && !listing_) ++generation_;
  }

  const Parse parse_;
  mutable std::mutex mutex_;
  std::map<std::string, T, std::less<>> objects_;
  std::map<std::string, T, std::less<>> listed_;  // so far, of the list being read
  bool listing_ = false;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<bool> complete_{false};
};

}  // namespace loadline::collector
