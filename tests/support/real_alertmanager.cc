#include "tests/support/real_alertmanager.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "collector/http/http_client.h"
#include "tests/support/http_server.h"

namespace loadline::test {

using nlohmann::json;

bool RealAlertmanager::IsInstalled() {
  return std::system("command -v prometheus-alertmanager >/dev/null") == 0;
}

RealAlertmanager::RealAlertmanager(const std::string& config) {
  std::ofstream(folder_.path() + "/am.yml") << config;
  Start();
}

void RealAlertmanager::Start() {
  const int port = std::make_unique<HttpServer>()->port();  // free again once its server is gone
  url_ = "http://127.0.0.1:" + std::to_string(port);
  pid_ = fork();
  if (pid_ != 0) return;
  const std::string file = "--config.file=" + folder_.path() + "/am.yml";
  const std::string storage = "--storage.path=" + folder_.path() + "/data";
  const std::string listen = "--web.listen-address=127.0.0.1:" + std::to_string(port);
  if (!freopen((folder_.path() + "/log").c_str(), "w", stderr)) _exit(127);
  execlp("prometheus-alertmanager", "prometheus-alertmanager", file.c_str(), storage.c_str(), listen.c_str(),
         "--cluster.listen-address=", nullptr);
  _exit(127);
}

RealAlertmanager::~RealAlertmanager() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool RealAlertmanager::WaitUntilReady() {
  int starts = 1;
  for (int i = 0; i < 600; ++i) {
    if (Alerts().is_array()) return true;
    usleep(50'000);
    if (waitpid(pid_, nullptr, WNOHANG) != pid_) continue;
    // It ended: somebody else may have taken its port before it did.
    pid_ = -1;
    if (starts++ == 5) return false;
    Start();
  }
  return false;
}

std::string RealAlertmanager::Log() const {
  std::ifstream file(folder_.path() + "/log");
  return {std::istreambuf_iterator<char>(file), {}};
}

json RealAlertmanager::Alerts() {
  collector::HttpClient http;
  const auto answer = http.Do({.url = url_ + "/api/v2/alerts"});
  return answer && answer->ok() ? json::parse(answer->body, nullptr, false) : json();
}

bool RealAlertmanager::Post(const json& alerts) {
  collector::HttpClient http;
  const auto answer = http.Do({.method = "POST",
                               .url = url_ + "/api/v2/alerts",
                               .headers = {"Content-Type: application/json"},
                               .body = alerts.dump()});
  return answer && answer->ok();
}

}  // namespace loadline::test
