// Debian's Alertmanager, the real program, on a loopback port and in a folder of its own.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/temporary_folder.h"

namespace loadline::test {

class RealAlertmanager {
 public:
  static bool IsInstalled();

  // Runs with this configuration until it goes.
  explicit RealAlertmanager(const std::string& config);
  ~RealAlertmanager();
  RealAlertmanager(const RealAlertmanager&) = delete;
  RealAlertmanager& operator=(const RealAlertmanager&) = delete;

  // Whether it answers, within half a minute.
  bool WaitUntilReady();
  // What its API says is active; no array when it does not answer.
  nlohmann::json Alerts();
  // Posts to its API; whether it took them.
  bool Post(const nlohmann::json& alerts);
  [[nodiscard]] const std::string& url() const { return url_; }
  // What it wrote since its last start.
  [[nodiscard]] std::string Log() const;

 private:
  void Start();

  TemporaryFolder folder_;
  std::string url_;
  pid_t pid_ = -1;
};

}  // namespace loadline::test
