// Azure's scheduled events of this machine, asked for at its metadata service (IMDS) by a thread of its own: whatever that
// service does, nothing else of the agent waits.
//
//   EventWatch watch({.server = *server}, clock);
//   for (wire::HealthEvent& event : watch.Take()) ...
//
// While the service does not answer what was told holds on. Asked each two seconds: the shortest notice, of a spot machine that is
// taken back, is 30 s. The first question may take two minutes, in which Azure turns the service on for this machine.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "agent/host/machine.h"
#include "agent/net/plain_get.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct EventWatchOptions {
  HostPort server{"169.254.169.254", 80};
  Duration ask_each = std::chrono::seconds(2);
  Duration first_answer = std::chrono::seconds(130);
  Duration answer = std::chrono::seconds(10);
  // After a failure, doubled with each more.
  Duration longest_pause = std::chrono::minutes(1);
};

// "auto", "off" or the URL of a metadata service. Nothing: none is asked. With auto the one of Azure is, on its machines, which
// are known by their DMI. Fails on any other word.
Result<std::optional<HostPort>> MetadataService(const std::string& option, const HostRoot& host);

class EventWatch {
 public:
  // `clock` must outlive it.
  EventWatch(EventWatchOptions options, const Clock& clock);
  EventWatch(const EventWatch&) = delete;
  EventWatch& operator=(const EventWatch&) = delete;

  // What is to be told since the last call. Does not wait. From any thread.
  std::vector<wire::HealthEvent> Take();

 private:
  void Run(const std::stop_token& stop);
  // The body of a 2xx answer.
  Result<std::string> Ask(const char* path, const Patience& patience) const;
  Result<std::string> AskName(const Patience& patience) const;
  void Keep(std::vector<wire::HealthEvent> events);
  void Log(const std::string& trouble);

  const EventWatchOptions options_;
  const Clock& clock_;
  std::string trouble_;  // of the last question; the thread's

  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::vector<wire::HealthEvent> events_;
  std::jthread asking_;  // last: it uses everything above
};

}  // namespace loadline::agent
