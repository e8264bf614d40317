#include <unistd.h>

#include <cstdio>
#include <cstdlib>
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
       .wait =
           [](std::chrono::milliseconds time) {
             std::this_thread::sleep_for(time);
             // Whoever reads from a pipe may have gone.
             return std::ferror(stdout) == 0;
           }},
      clock);
}
