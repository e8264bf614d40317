// ./run as a user starts it, in a state folder of its own and on free ports, with the programs of this build.
#pragma once

#include <sys/types.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "collector/http/http_client.h"
#include "tests/support/temporary_folder.h"

namespace loadline::test {

class OwnRun {
 public:
  // Starts it; what it prints is kept in a file.
  explicit OwnRun(std::vector<std::string> options);
  // Stops it if it still runs.
  ~OwnRun();

  // Waits until the page answers; false when it does not within half a minute.
  [[nodiscard]] bool Serves();
  // The `items` of an API path, "workloads"; empty when there is no answer.
  [[nodiscard]] nlohmann::json Items(const std::string& what);
  // Ctrl-C; the exit status, or -1 when it did not end within 20 seconds.
  [[nodiscard]] int Interrupt();
  // "127.0.0.1:8080"; valid once it serves.
  [[nodiscard]] std::string web_address() const;
  // All it printed so far.
  [[nodiscard]] std::string Printed() const;
  [[nodiscard]] std::string state_folder() const { return folder_.path() + "/state"; }

 private:
  TemporaryFolder folder_;
  pid_t pid_ = -1;
  std::string web_;  // http://127.0.0.1:8080/
  collector::HttpClient client_;
};

}  // namespace loadline::test
