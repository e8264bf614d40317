// The real loadline-collector as a child, on a state folder of its own and free ports; and what it costs.
#pragma once

#include <sys/types.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/http/http_client.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "tests/support/temporary_folder.h"

namespace loadline::bench {

class CollectorProcess {
 public:
  // Starts the binary and waits until it listens. Its errors go to our standard error.
  [[nodiscard]] static Result<std::unique_ptr<CollectorProcess>> Start(const std::string& binary);
  CollectorProcess(const CollectorProcess&) = delete;
  CollectorProcess& operator=(const CollectorProcess&) = delete;
  ~CollectorProcess();  // asks it to stop, and kills it when it does not

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] const std::string& web() const { return web_; }
  [[nodiscard]] std::string public_key() const;
  [[nodiscard]] std::string agent_key_file() const;
  [[nodiscard]] std::string token() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

  // From /proc.
  [[nodiscard]] double CpuSeconds() const;
  [[nodiscard]] Bytes Rss() const;

  // /api/v1/collector
  [[nodiscard]] Result<nlohmann::json> Status();

 private:
  CollectorProcess() = default;
  [[nodiscard]] Result<void> Launch(const std::string& binary);
  [[nodiscard]] Result<void> AwaitEndpoints();

  TemporaryFolder state_;
  pid_t pid_ = -1;
  std::string endpoint_;
  std::string web_;
  collector::HttpClient http_;
};

}  // namespace loadline::bench
