// Whether a request is Slack's: signed by the app's secret, lately, and heard for the first time.
//
// Slack signs version 0, the time and the body (HMAC with SHA-256 over "v0:TIME:BODY") and says signature and time in two
// headers. What is older than five minutes, or from later than that, is nobody's; so is what was heard already, and what
// was signed before we began to listen, for of that we cannot know.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "schemas/base/clock.h"
#include "schemas/base/renewed_secret.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// As two headers have it: X-Slack-Signature ("v0=" and 64 hexadecimal digits) and X-Slack-Request-Timestamp (seconds).
struct PressSignature {
  std::string_view signature;
  std::string_view timestamp;
};

class PressGate {
 public:
  // The secret is the first line of the file, which is read again when it changes. Fails when it cannot be read.
  static Result<std::unique_ptr<PressGate>> Open(const std::string& secret_file, Wall started);

  // What the headers alone give away, before a body is read: kDenied for what cannot be signed, or is not of now.
  // Thread-safe.
  [[nodiscard]] Result<void> MayBe(const PressSignature& signature, Wall now) const;
  // kDenied: it is not Slack's, or was heard already. kUnavailable: too many were heard, or the secret cannot be read.
  // Thread-safe; strangers can fill nothing by it.
  Result<void> Admit(const PressSignature& signature, std::string_view body, Wall now);

  static constexpr Duration kFresh = std::chrono::minutes(5);
  static constexpr std::size_t kMostHeard = 10'000;

 private:
  PressGate(const std::string& secret_file, Wall started)
      : started_(std::chrono::floor<std::chrono::seconds>(started)), secret_(secret_file) {}
  Result<Secret> Read();

  const Wall started_;
  std::mutex mutex_;
  RenewedSecret secret_;
  std::set<std::pair<Wall, std::string>> heard_;  // when each was signed, and its signature
};

}  // namespace loadline::collector
