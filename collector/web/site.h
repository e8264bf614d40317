// What the server answers, free of sockets: the whole site as one function.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/web/answer.h"
#include "collector/web/permits.h"
#include "collector/web/server.h"

namespace loadline::collector {

class WebCounters;

struct WebRequest {
  std::string_view method;
  std::string_view path;  // decoded
  const Query& query;
  std::string_view host;
  std::string_view if_none_match{};
  bool takes_gzip = false;
  // What changes something comes with these.
  std::string_view authorization{};
  std::string_view origin{};
  std::string_view content_type{};
  std::string_view content_length{};
  PressSignature slack_signature{};
  std::string_view body{};
  std::vector<std::string> filters{};  // every value of the parameter `filter`
  std::shared_ptr<Pipe> pipe{};        // where the answer goes
};

// Whether the collector knows something and can store it, for whoever watches the process.
Answer Readiness(const SnapshotSource& source);

class Site {
 public:
  // `clock` outlives it.
  Site(WebOptions options, SnapshotSource source, const Clock& clock);

  // Thread-safe.
  [[nodiscard]] Answer Respond(const WebRequest& request) const;
  // Whether the body of such a request is wanted, before it is read; else Respond answers without it.
  [[nodiscard]] bool WantsBody(const WebRequest& request) const;
  [[nodiscard]] WebCounters& counters() const { return *counters_; }

 private:
  [[nodiscard]] Answer Admit(const WebRequest& request) const;
  [[nodiscard]] Answer Route(const WebRequest& request) const;
  [[nodiscard]] Answer Answering(const WebRequest& request) const;
  [[nodiscard]] std::optional<Answer> Refuse(const WebRequest& request) const;
  [[nodiscard]] std::optional<Answer> RefuseReading(const WebRequest& request) const;
  [[nodiscard]] Answer Reload() const;
  [[nodiscard]] Answer Metrics() const;
  [[nodiscard]] Answer Events() const;

  WebOptions options_;
  SnapshotSource source_;
  const Clock& clock_;
  std::shared_ptr<WebCounters> counters_;
  // What is made for many bytes of answer, and what waits for the core.
  mutable Permits reads_;
  mutable Permits writes_;
};

}  // namespace loadline::collector
