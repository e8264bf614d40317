// A terminal of one's own for a while: another screen, no echo, keys as they are pressed.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::agent {

class Terminal {
 public:
  // Fails when standard input or output is not a terminal.
  static Result<Terminal> Take();
  Terminal(Terminal&& other) noexcept;
  Terminal& operator=(Terminal&&) = delete;
  ~Terminal();  // gives it back as it was

  struct Size {
    std::size_t columns = 80;
    std::size_t lines = 24;
  };
  [[nodiscard]] Size size() const;

  // One picture over the last one, without flicker.
  void Show(std::string_view picture) const;

  // Readable when a key was pressed or stop_fd is readable.
  [[nodiscard]] Result<Fd> WaitForKeysOr(int stop_fd) const;
  // The next key that is waiting. Escape sequences of arrows and the like are swallowed.
  [[nodiscard]] std::optional<char> Key() const;

 private:
  explicit Terminal(const termios& before) : before_(before), taken_(true) {}
  termios before_{};
  bool taken_ = false;
};

}  // namespace loadline::agent
