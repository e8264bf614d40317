#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "collector/cli/loadlinectl.h"

namespace {

void Put(std::FILE* file, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string User() {
  std::array<char, 65> host{};
  const bool known = ::gethostname(host.data(), host.size() - 1) == 0;
  const std::string user = Environment("USER").substr(0, 32);
  return (user.empty() ? "uid " + std::to_string(::getuid()) : user) +
         (known ? std::string(" on ") + host.data() : "");
}

}  // namespace

int main(int argc, char** argv) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const loadline::SystemClock clock;
  return loadline::collector::RunLoadlinectl(
      std::vector<std::string>(argv + 1, argv + argc),
      {.out = [](const std::string& text) { Put(stdout, text); },
       .error = [](const std::string& text) { Put(stderr, text); },
       .colours = terminal && Environment("NO_COLOR").empty() && Environment("TERM") != "dumb",
       .rewrites = terminal,
       .server = Environment("LOADLINE_SERVER"),
       .token_file = Environment("LOADLINE_TOKEN_FILE"),
       .ca_file = Environment("LOADLINE_CA_FILE"),
       .user = User(),
       .wait =
           [](std::chrono::milliseconds time) {
             std::this_thread::sleep_for(time);
             // Whoever reads from a pipe may have gone.
             return std::ferror(stdout) == 0;
           }},
      clock);
}
