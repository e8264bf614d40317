// Value or error: what every function that can fail returns.
//
//   Result<Config> config = ReadConfig(path);
//   if (!config) return Failure(config.error().In("starting"));
//
// An Error is words for a person. Context is put before it while it travels up, so that the message reads
// from the outside in: "reading loadline.yaml: line 3: unknown key 'colour'". Code that must choose what to
// do looks at `kind`, never at the words. No secret is ever put into an Error.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace loadline {

enum class ErrorKind {
  kInvalid,      // The input is wrong and will stay wrong: do not try again.
  kNotFound,     // What was asked for does not exist (any more).
  kDenied,       // We may not: permissions, a refused token, a missing capability.
  kUnavailable,  // The other side cannot answer now: try again later.
  kExhausted,    // A bound of ours or of the system was met: full disk, full queue, open files.
  kUnsupported,  // This kernel, server or version cannot do it: use another way.
  kInternal,     // Anything else.
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;

  // The same error with what was being done put before it.
  [[nodiscard]] Error In(std::string_view doing) const { return {kind, std::string(doing) + ": " + message}; }
};

template <typename T>
using Result = std::expected<T, Error>;

// Makes the failed form of any Result.
inline std::unexpected<Error> Failure(Error error) {
  return std::unexpected<Error>(std::move(error));
}
inline std::unexpected<Error> Failure(ErrorKind kind, std::string message) {
  return std::unexpected<Error>(Error{kind, std::move(message)});
}

// Failure from an errno value: picks the kind, and appends the system's words for it.
std::unexpected<Error> SystemFailure(std::string_view doing, int error_number);

}  // namespace loadline
