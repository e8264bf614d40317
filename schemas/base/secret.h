// What must never be shown: a token, a password, a key, a URL with one of them in it.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace loadline {

// Any text can become one; only Reveal, which is easily searched for, makes it a text again. It is neither
// printed, formatted nor written as JSON: code that tries does not compile.
class Secret {
 public:
  Secret() = default;
  // Not explicit: on the way in nothing can go wrong.
  Secret(std::string value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Secret(const char* value) : value_(value) {}             // NOLINT(google-explicit-constructor)

  // For the one line that sends or compares it.
  [[nodiscard]] const std::string& Reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  auto operator<=>(const Secret&) const = default;

  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;
  // A failed test says no more than that two differ.
  friend void PrintTo(const Secret&, std::ostream* out) { *out << "(a secret)"; }

 private:
  std::string value_;
};

}  // namespace loadline
