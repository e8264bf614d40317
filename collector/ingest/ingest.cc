#include "collector/ingest/ingest.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "collector/ingest/router.h"
#include "schemas/base/prompt_thread.h"

namespace loadline::collector {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
// While the core is behind: how soon to look whether it still is.
constexpr Duration kPause = std::chrono::milliseconds(5);
// Frames read in one go, so that commits and the clock get their turn.
constexpr int kFramesInOneGo = 256;

class RouterReplies final : public Replies {
 public:
  explicit RouterReplies(Router& router) : router_(router) {}
  bool Send(const PeerId& peer, const wire::Message& message) override {
    const auto frame = wire::Encode(message);
    return frame && router_.Send(peer, *frame);
  }
  bool Admit(const PeerId& peer) override { return router_.Admit(peer); }
  void Rest(const PeerId& peer, Mono until) override { router_.Rest(peer, until); }
  void End(const PeerId& peer) override { router_.End(peer); }

 private:
  Router& router_;
};

class QueueDeliveries final : public Deliveries {
 public:
  explicit QueueDeliveries(BoundedQueue<Delivery>& queue) : queue_(queue) {}
  [[nodiscard]] bool HasRoom() const override { return queue_.size() < queue_.capacity(); }
  void Deliver(Delivery delivery) override {
    // Refused only when the core has closed the queue: then nothing is committed any more either.
    std::ignore = queue_.Push(std::move(delivery));
  }

 private:
  BoundedQueue<Delivery>& queue_;
};

class ThreadedIngest final : public Ingest {
 public:
  ThreadedIngest(const IngestOptions& options, const std::vector<Watermark>& watermarks,
                 TokenVerifier& tokens, BoundedQueue<Delivery>& out, const Clock& clock,
                 std::unique_ptr<Router> router)
      : clock_(clock),
        router_(std::move(router)),
        replies_(*router_),
        deliveries_(out),
        reception_(options.reception, watermarks, tokens, replies_, deliveries_),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  ~ThreadedIngest() override {
    thread_.request_stop();
    router_->Wake();
  }

  void Committed(std::vector<Watermark> watermarks) override {
    {
      std::lock_guard lock(errands_mutex_);
      committed_.insert(committed_.end(), std::make_move_iterator(watermarks.begin()),
                        std::make_move_iterator(watermarks.end()));
    }
    router_->Wake();
  }

  void Ask(std::vector<NeighbourQuestion> questions) override {
    {
      std::lock_guard lock(errands_mutex_);
      questions_.insert(questions_.end(), std::make_move_iterator(questions.begin()),
                        std::make_move_iterator(questions.end()));
    }
    router_->Wake();
  }

  void StoreAway(bool away) override {
    store_away_ = away;
    router_->Wake();
  }

  [[nodiscard]] std::string endpoint() const override { return router_->endpoint(); }

  [[nodiscard]] IngestMetrics Metrics() const override {
    std::unique_lock lock(reception_mutex_);
    IngestMetrics metrics = reception_.metrics();
    lock.unlock();
    metrics.door = router_->Metrics();
    return metrics;
  }

 private:
  void Run(const std::stop_token& stop) {
    BePrompt("ingest");
    Mono next_tick = clock_.Now();
    while (!stop.stop_requested()) {
      const bool ready = Turn(next_tick);
      router_->Wait(ready ? kTick : kPause, ready);
    }
  }

  // Does all that is there to do; whether more frames may be read.
  bool Turn(Mono& next_tick) {
    const auto [committed, questions] = TakeErrands();
    std::lock_guard lock(reception_mutex_);
    reception_.OnStoreAway(store_away_);
    reception_.OnCommitted(committed);
    for (const NeighbourQuestion& asked : questions) reception_.Ask(asked.node, asked.question);
    for (int i = 0; i < kFramesInOneGo; ++i) {
      if (!reception_.Ready()) return false;
      const auto incoming = router_->Receive();
      if (!incoming) break;
      reception_.OnFrame(incoming->peer, incoming->address, incoming->frame,
                         {.wall = clock_.WallNow(), .mono = clock_.Now()});
    }
    if (const Mono now = clock_.Now(); now >= next_tick) {
      reception_.OnTick(now);
      next_tick = now + kTick;
    }
    return true;
  }

  std::pair<std::vector<Watermark>, std::vector<NeighbourQuestion>> TakeErrands() {
    std::lock_guard lock(errands_mutex_);
    return {std::exchange(committed_, {}), std::exchange(questions_, {})};
  }

  const Clock& clock_;
  std::unique_ptr<Router> router_;
  RouterReplies replies_;
  QueueDeliveries deliveries_;

  // The thread's, but for looking at the counters.
  mutable std::mutex reception_mutex_;
  Reception reception_;

  std::atomic<bool> store_away_ = false;
  std::mutex errands_mutex_;
  std::vector<Watermark> committed_;
  std::vector<NeighbourQuestion> questions_;

  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace

Result<std::unique_ptr<Ingest>> Ingest::Start(IngestOptions options, const std::vector<Watermark>& watermarks,
                                              TokenVerifier& tokens, BoundedQueue<Delivery>& out,
                                              const Clock& clock) {
  auto router = Router::Bind(options.endpoint, options.keys, options.agents, options.limits, clock);
  if (!router) return Failure(router.error().In("receiving from agents"));
  return std::make_unique<ThreadedIngest>(options, watermarks, tokens, out, clock, *std::move(router));
}

}  // namespace loadline::collector
