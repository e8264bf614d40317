#include "collector/kube_api/watch.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "collector/kube_api/kube_client.h"
#include "collector/kube_api/list.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr int kGone = 410;
constexpr Duration kLasting = 10s;
// A list that expires while it is read begins anew; one that does so again and again never ends.
constexpr int kListAttempts = 3;

std::string Accept(const WatchOptions& options, const char* kind) {
  if (!options.metadata_only) return "application/json";
  return fmt::format("application/json;as={};g=meta.k8s.io;v=v1", kind);
}

std::string Selector(const WatchOptions& options) {
  return options.field_selector.empty() ? "" : "&fieldSelector=" + UrlEncode(options.field_selector);
}

}  // namespace

WatchSink Both(WatchSink first, WatchSink second) {
  const auto one = std::make_shared<const WatchSink>(std::move(first));
  const auto two = std::make_shared<const WatchSink>(std::move(second));
  return {.begin_list =
              [one, two] {
                one->begin_list();
                two->begin_list();
              },
          .upsert =
              [one, two](const nlohmann::json& object) {
                one->upsert(object);
                two->upsert(object);
              },
          .remove =
              [one, two](const nlohmann::json& object) {
                one->remove(object);
                two->remove(object);
              },
          .end_list =
              [one, two] {
                one->end_list();
                two->end_list();
              }};
}

void Watch::Run(KubeClient& api, const std::stop_token& stop) {
  const SystemClock clock;
  bool list = true;
  while (!stop.stop_requested()) {
    const Mono began = clock.Now();
    const Result<Ended> ended = list ? ListAndFollow(api) : Follow(api);
    if (stop.stop_requested()) return;
    if (ended) {
      SetTrouble("");
      list = *ended == Ended::kListAgain;
    } else {
      Count(&Counters::failures);
      SetTrouble(ended.error().In("watching " + options_.path).message);
      list = list && !listed_;
    }
    // A stream that lasted was none the server refuses; one that ends at once must not be asked for in a
    // loop.
    if (clock.Now() - began > kLasting) {
      backoff_.Reset();
      if (ended) continue;
    }
    WaitUnlessStopped(backoff_.Next(), stop);
  }
}

Result<Watch::Ended> Watch::ListAndFollow(KubeClient& api) {
  listed_ = false;
  if (auto done = List(api); !done) return Failure(done.error());
  listed_ = true;
  return Follow(api);
}

Result<void> Watch::List(KubeClient& api) {
  for (int attempt = 1;; ++attempt) {
    Count(&Counters::lists);
    sink_.begin_list();
    auto listed = ListAll(api,
                          {.path = options_.path,
                           .selector = Selector(options_),
                           .accept = Accept(options_, "PartialObjectMetadataList"),
                           .page = options_.page},
                          sink_.upsert);
    if (!listed) return Failure(listed.error());
    if (!listed->expired) {
      version_ = listed->version;
      break;
    }
    Count(&Counters::expired);
    if (attempt == kListAttempts)
      return Failure(ErrorKind::kUnavailable, "the list expires while it is read");
  }
  sink_.end_list();
  synced_ = true;
  HeardNow();
  SetTrouble("");
  return {};
}

Result<Watch::Ended> Watch::Follow(KubeClient& api) {
  Count(&Counters::watches);
  Ended ended = Ended::kResume;
  bool accepted = false;
  const auto on_accepted = [&] {
    accepted = true;
    HeardNow();
    SetTrouble("");
  };
  auto answer = api.Stream(
      {.path = fmt::format("{}?watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}{}",
                           options_.path, version_,
                           std::chrono::duration_cast<std::chrono::seconds>(options_.renew).count(),
                           Selector(options_)),
       .accept = Accept(options_, "PartialObjectMetadata")},
      [&](std::string_view line) { return Take(line, ended); }, on_accepted);
  if (!answer && accepted) {
    // One of which nothing more came, or that broke off: whether that is a trouble the next one shows.
    Count(&Counters::failures);
    return Ended::kResume;
  }
  if (!answer) return Failure(answer.error());
  if (answer->status == kGone) {
    Count(&Counters::expired);
    return Ended::kListAgain;
  }
  if (!answer->ok()) return Failure(ErrorOf(*answer));
  return ended;
}

bool Watch::Take(std::string_view line, Ended& ended) {
  const auto event = ParseForeign(line);
  const auto object = event.is_object() ? event.find("object") : event.end();
  if (!event.is_object() || object == event.end() || !object->is_object()) {
    Count(&Counters::failures);
    ended = Ended::kListAgain;
    return false;
  }
  Count(&Counters::events);
  HeardNow();
  SetTrouble("");
  const std::string type = Text(event, "type");
  if (type == "ERROR") {
    if (Part(*object, "code") == kGone) Count(&Counters::expired);
    ended = Ended::kListAgain;
    return false;
  }
  if (type == "ADDED" || type == "MODIFIED") sink_.upsert(*object);
  if (type == "DELETED") sink_.remove(*object);
  if (std::string version = Text(Part(*object, "metadata"), "resourceVersion"); !version.empty()) {
    version_ = std::move(version);
  }
  return true;
}

void Watch::Count(std::uint64_t Counters::* counter) {
  std::lock_guard lock(mutex_);
  ++(counters_.*counter);
}

Watch::Counters Watch::counters() const {
  std::lock_guard lock(mutex_);
  return counters_;
}

void Watch::HeardNow() {
  const Mono now = SystemClock().Now();
  std::lock_guard lock(mutex_);
  last_heard_ = now;
}

Mono Watch::last_heard() const {
  std::lock_guard lock(mutex_);
  return last_heard_;
}

std::string Watch::trouble() const {
  std::lock_guard lock(mutex_);
  return trouble_;
}

void Watch::SetTrouble(std::string words) {
  std::lock_guard lock(mutex_);
  if (words == trouble_) return;
  if (words.empty()) {
    spdlog::info("kubernetes: watching {} again", options_.path);
  } else {
    spdlog::warn("kubernetes: {}", words);
  }
  trouble_ = std::move(words);
}

}  // namespace loadline::collector
