#include "agent/uplink/uplink.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/net/neighbour_probes.h"
#include "schemas/base/bounded_queue.h"
#include "schemas/base/secret_file.h"

namespace loadline::agent {
namespace {

// Records between the loop and the thread. The thread empties it at once; only a disk that hangs fills it.
constexpr std::size_t kOutbox = 4096;
constexpr Duration kFlushAtEnd = std::chrono::seconds(1);
constexpr Duration kLongestWait = std::chrono::seconds(1);

// Empty when there is none, which the collector refuses with a clear word.
Secret ReadToken(const std::string& path) {
  if (path.empty()) return {};
  Result<Secret> token = ReadSecretFile(path);
  if (!token) spdlog::warn("the token of this agent: {}", token.error().message);
  return token ? *std::move(token) : Secret();
}

std::uint64_t NewEpoch(const Clock& clock, std::uint64_t highest_before) {
  const auto now =
      static_cast<std::uint64_t>(std::max<Duration::rep>(1, clock.WallNow().time_since_epoch().count()));
  return std::max(now, highest_before + 1);
}

class ThreadedUplink final : public Uplink {
 public:
  ThreadedUplink(UplinkOptions options, Spool spool, std::unique_ptr<Transport> transport, const Clock& clock)
      : clock_(clock),
        linger_(options.linger),
        epoch_(NewEpoch(clock, spool.counts().highest_epoch)),
        spool_(std::move(spool)),
        transport_(std::move(transport)),
        session_(
            options.session, Complete(std::move(options.hello), epoch_),
            [path = options.token_file] { return ReadToken(path); }, spool_, *transport_),
        outbox_(kOutbox),
        found_(kOutbox),
        probes_([this](const wire::NeighbourProbed& found) {
          std::ignore = found_.Push(found);
          transport_->Wake();
        }) {
    Publish();
    thread_ = std::jthread([this](std::stop_token stop) { Run(stop); });
  }

  ~ThreadedUplink() override {
    thread_.request_stop();
    transport_->Wake();
  }

  std::uint64_t Send(wire::Report report) override {
    std::lock_guard lock(send_mutex_);
    DropCounts said = TakeUnsaid();
    report.losses.spool_dropped_reports += said.reports;
    report.losses.spool_dropped_events += said.events;
    for (wire::Report& part : wire::SplitToFit(std::move(report))) {
      Enqueue(std::move(part), /*is_event=*/false, std::exchange(said, {}));
    }
    transport_->Wake();
    return last_sequence_;
  }

  std::uint64_t Send(wire::Event event) override {
    std::lock_guard lock(send_mutex_);
    Enqueue(std::move(event), /*is_event=*/true, {});
    transport_->Wake();
    return last_sequence_;
  }

  [[nodiscard]] UplinkStatus Status() const override {
    std::lock_guard lock(published_mutex_);
    UplinkStatus status = status_;
    status.last_sequence = last_sequence_;
    status.refused_records = refused_records_;
    status.dropped_reports += outbox_dropped_.reports;
    status.dropped_events += outbox_dropped_.events;
    return status;
  }

 private:
  struct Outgoing {
    SpoolRecord record;
    Mono at;
  };

  static wire::Hello Complete(wire::Hello hello, std::uint64_t epoch) {
    hello.epoch = epoch;
    hello.probes = true;
    return hello;
  }

  void Enqueue(std::variant<wire::Report, wire::Event> body, bool is_event, DropCounts said) {
    const Mono now = clock_.Now();
    wire::Record record{.epoch = epoch_,
                        .sequence = last_sequence_ + 1,
                        .body = std::move(body),
                        .made = ReadingOf(now, clock_.WallNow())};
    auto frame = wire::Encode(record);
    if (!frame) {
      // Only a fault of ours can bring this about. The number is not used, so nothing is missing.
      spdlog::error("a record cannot be encoded: {}", frame.error().message);
      ++refused_records_;
      return ReturnUnsaid(said);
    }
    last_sequence_ = record.sequence;
    SpoolRecord out{
        .key = {epoch_, record.sequence}, .is_event = is_event, .said = said, .frame = *std::move(frame)};
    if (outbox_.Push({std::move(out), now})) return;
    (is_event ? said.events : said.reports) += 1;
    std::lock_guard lock(published_mutex_);
    (is_event ? outbox_dropped_.events : outbox_dropped_.reports) += 1;
    unsaid_.reports += said.reports;
    unsaid_.events += said.events;
  }

  DropCounts TakeUnsaid() {
    std::lock_guard lock(published_mutex_);
    return std::exchange(unsaid_, {});
  }

  void ReturnUnsaid(const DropCounts& counts) {
    std::lock_guard lock(published_mutex_);
    unsaid_.reports += counts.reports;
    unsaid_.events += counts.events;
  }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      Step();
      const Duration until_due = session_.next_wake() - clock_.Now();
      transport_->Wait(std::clamp(until_due, Duration::zero(), kLongestWait), session_.blocked());
    }
    Flush();
  }

  void Flush() {
    const Mono end = clock_.Now() + std::max(kFlushAtEnd, linger_);
    session_.Stop();
    do {
      Step();
      // Who has greeted is known to live, and has yet to say that it ends.
      const bool to_be_heard = session_.counts().connected || session_.is_greeting();
      if (spool_.counts().records == 0 && (session_.stop_is_known() || !to_be_heard)) return;
      if (!to_be_heard && linger_ == Duration::zero()) break;
      transport_->Wait(std::chrono::milliseconds(20), session_.blocked());
    } while (clock_.Now() < end);
    if (const auto left = spool_.counts().records)
      spdlog::warn("at the end {} records were not acknowledged", left);
  }

  void Step() {
    for (Outgoing& outgoing : outbox_.TakeAll()) session_.Add(std::move(outgoing.record), outgoing.at);
    for (const wire::NeighbourProbed& found : found_.TakeAll()) session_.Answer(found);
    session_.Step(clock_.Now(), clock_.WallNow());
    if (const auto questions = session_.TakeQuestions(); !questions.kubelets.empty()) probes_.Ask(questions);
    ReturnUnsaid(spool_.TakeUnsaid());
    Publish();
  }

  // What other threads may see.
  void Publish() {
    const Session::Counts& session = session_.counts();
    const Spool::Counts& spool = spool_.counts();
    std::lock_guard lock(published_mutex_);
    status_ = {.connected = session.connected,
               .rejected = session.rejected,
               .epoch = epoch_,
               .last_sequence = 0,
               .acknowledged_sequence = session_.held().up_to,
               .lost_up_to = session_.held().lost_up_to,
               .window_ms = session.window_ms,
               .sent_frames = session.sent_frames,
               .sent_bytes = session.sent_bytes,
               .acknowledged_records = session.acknowledged_records,
               .dropped_reports = spool.dropped.reports,
               .dropped_events = spool.dropped.events,
               .refused_records = 0,
               .spooled_records = spool.records,
               .spooled_bytes = spool.bytes,
               .hellos = session.hellos,
               .disk_errors = spool.disk_errors};
  }

  const Clock& clock_;
  const Duration linger_;
  const std::uint64_t epoch_;

  // The thread's.
  Spool spool_;
  std::unique_ptr<Transport> transport_;
  Session session_;

  // Between the loop and the thread.
  BoundedQueue<Outgoing> outbox_;
  BoundedQueue<wire::NeighbourProbed> found_;
  mutable std::mutex published_mutex_;
  UplinkStatus status_;
  DropCounts unsaid_;
  DropCounts outbox_dropped_;

  // The loop's.
  std::mutex send_mutex_;
  std::atomic<std::uint64_t> last_sequence_{0};
  std::atomic<std::uint64_t> refused_records_{0};

  NeighbourProbes probes_;  // ends after the thread that asks it, and before what it uses
  std::jthread thread_;     // last: ends before what it uses
};

}  // namespace

std::unique_ptr<Uplink> MakeUplink(UplinkOptions options, Spool spool, std::unique_ptr<Transport> transport,
                                   const Clock& clock) {
  return std::make_unique<ThreadedUplink>(std::move(options), std::move(spool), std::move(transport), clock);
}

Result<std::unique_ptr<Uplink>> StartUplink(UplinkOptions options, const Clock& clock) {
  auto spool = Spool::Open(options.spool);
  if (!spool) return Failure(spool.error());
  auto transport = ConnectZmq({.endpoint = options.endpoint,
                               .collector_key = options.collector_key,
                               .key_file = options.key_file,
                               .context = nullptr});
  if (!transport) return Failure(transport.error());
  return MakeUplink(std::move(options), *std::move(spool), *std::move(transport), clock);
}

}  // namespace loadline::agent
