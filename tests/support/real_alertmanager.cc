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
  const int port = std::make_unique<HttpServer>()->port();  // free again once its server is gone
  url_ = "http://127.0.0.1:" + std::to_string(port);
  std::ofstream(folder_.path() + "/am.yml") << config;
  pid_ = fork();
  if (pid_ != 0) return;
  const std::string file = "--config.file=" + folder_.path() + "/am.yml";
  const std::string storage = "--storage.path=" + folder_.path() + "/data";
  const std::string listen = "--web.listen-address=127.0.0.1:" + std::to_string(port);
  if (!freopen("/dev/null", "w", stderr)) _exit(127);
  execlp("prometheus-alertmanager", "prometheus-alertmanager", file.c_str(), storage.c_str(), listen.c_str(),
         "--cluster.listen-address=", nullptr);
  _exit(127);
}

RealAlertmanager::~RealAlertmanager() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool RealAlertmanager::WaitUntilReady() {
  for (int i = 0; i < 200; ++i) {
    if (Alerts().is_array()) return true;
    usleep(50'000);
  }
  return false;
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
