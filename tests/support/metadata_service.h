// A stand-in for the metadata service of Azure's machines (IMDS): a machine's name and its document of scheduled events.
//
// Requests are refused as the real one refuses them: without `Metadata: true` (400), with X-Forwarded-For (400), without a
// version or with one that it does not know (400). What did not agree is noted in `faults`. To misbehave it is told with
// `server().Queue`, which goes before everything else.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace loadline::test {

class MetadataService {
 public:
  explicit MetadataService(std::string machine) : machine_(std::move(machine)) {}

  HttpServer& server() { return server_; }
  [[nodiscard]] std::string Url() const { return server_.Url(""); }
  [[nodiscard]] std::vector<std::string> faults() const;
  // Requests for the document so far.
  [[nodiscard]] int asked() const;

  // Makes, or changes, an event. Each change makes another document.
  void Announce(const std::string& id, nlohmann::json event);
  // It is over, or was cancelled: the document does not say which.
  void Remove(const std::string& id);

 private:
  Reply Answer(const SeenRequest& request);
  Reply Fault(const std::string& what);

  const std::string machine_;
  mutable std::mutex mutex_;
  std::map<std::string, nlohmann::json> events_;
  int incarnation_ = 1;
  int asked_ = 0;
  std::vector<std::string> faults_;
  HttpServer server_{
      [this](const SeenRequest& request) { return Answer(request); }};  // last: its threads use the rest
};

// As Azure announces one for these machines.
nlohmann::json EventOf(const std::string& type, const std::vector<std::string>& machines,
                       const std::string& not_before = "Mon, 11 Apr 2033 22:26:58 GMT", int seconds = 5);

}  // namespace loadline::test
