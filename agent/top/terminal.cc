#include "agent/top/terminal.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace loadline::agent {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l";  // other screen, no cursor, no wrapping
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

void WriteAll(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Result<Terminal> Terminal::Take() {
  termios before{};
  if (::isatty(STDOUT_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before) != 0) {
    return Failure(ErrorKind::kUnsupported, "not a terminal: use --once or --count N");
  }
  termios raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0) return SystemFailure("taking the terminal", errno);
  WriteAll(kEnter);
  return Terminal(before);
}

Terminal::Terminal(Terminal&& other) noexcept
    : before_(other.before_), taken_(std::exchange(other.taken_, false)) {}

Terminal::~Terminal() {
  if (!taken_) return;
  WriteAll(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

Terminal::Size Terminal::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return {};
  return {.columns = window.ws_col, .lines = window.ws_row};
}

void Terminal::Show(std::string_view picture) const {
  std::string out = "\x1b[H";
  while (!picture.empty()) {
    const std::size_t end = picture.find('\n');
    out += "\x1b[K";  // the last picture's line; not after ours, where the cursor is still on its last column
    out += picture.substr(0, end);
    if (end == std::string_view::npos) break;
    picture.remove_prefix(end + 1);
    if (!picture.empty()) out += "\r\n";
  }
  out += "\x1b[J";
  WriteAll(out);
}

Result<Fd> Terminal::WaitForKeysOr(int stop_fd) const {
  Fd both(::epoll_create1(EPOLL_CLOEXEC));
  if (!both.valid()) return SystemFailure("waiting for keys", errno);
  for (const int fd : {STDIN_FILENO, stop_fd}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(both.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      return SystemFailure("waiting for keys", errno);
  }
  return both;
}

std::optional<char> Terminal::Key() const {
  std::array<char, 16> keys;
  const ssize_t got = ::read(STDIN_FILENO, keys.data(), keys.size());
  if (got <= 0 || keys[0] == '\x1b') return std::nullopt;
  return keys[0];
}

}  // namespace loadline::agent
