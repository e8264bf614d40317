#include "collector/press/press_gate.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "collector/http/signature.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kVersion = "v0=";
constexpr std::size_t kDigits = 64;

bool IsSignature(std::string_view text) {
  return text.size() == kVersion.size() + kDigits && text.starts_with(kVersion) &&
         std::ranges::all_of(text.substr(kVersion.size()),
                             [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Ten digits for some centuries.
std::optional<Wall> TimeOf(std::string_view text) {
  constexpr std::size_t kMostDigits = 10;
  std::int64_t seconds = 0;
  if (text.empty() || text.size() > kMostDigits || text[0] == '-') return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc() || stop != end) return std::nullopt;
  return Wall(std::chrono::seconds(seconds));
}

// Slack's clock is right, so it is ours where this happens to all that is pressed.
std::string NotOfNow(Wall at, Wall now) {
  return fmt::format(
      "it was signed {} {} what the collector's clock says, at most {} may be between them: is that "
      "clock right?",
      FormatSeconds(std::abs(Seconds(now - at))), at < now ? "before" : "after",
      FormatSeconds(Seconds(PressGate::kFresh)));
}

}  // namespace

Result<std::unique_ptr<PressGate>> PressGate::Open(const std::string& secret_file, Wall started) {
  std::unique_ptr<PressGate> gate(new PressGate(secret_file, started));
  const Result<Secret> secret = gate->Read();
  if (!secret) return Failure(secret.error());
  if (secret->empty()) return Failure(ErrorKind::kInvalid, fmt::format("{} is empty", secret_file));
  return gate;
}

Result<Secret> PressGate::Read() {
  const std::lock_guard lock(mutex_);
  return secret_.Read();
}

Result<void> PressGate::MayBe(const PressSignature& signature, Wall now) const {
  const std::optional<Wall> at = TimeOf(signature.timestamp);
  if (!IsSignature(signature.signature) || !at)
    return Failure(ErrorKind::kDenied, "only what Slack has signed is heard here");
  if (now - *at > kFresh || *at - now > kFresh) return Failure(ErrorKind::kDenied, NotOfNow(*at, now));
  if (*at < started_)
    return Failure(ErrorKind::kDenied, "it was signed before this collector began to listen");
  return {};
}

Result<void> PressGate::Admit(const PressSignature& signature, std::string_view body, Wall now) {
  if (auto may = MayBe(signature, now); !may) return may;
  const Result<Secret> secret = Read();
  if (!secret) return Failure(ErrorKind::kUnavailable, "the signing secret cannot be read");
  const std::string right =
      std::string(kVersion) + HmacSha256(fmt::format("v0:{}:{}", signature.timestamp, body), *secret);
  if (secret->empty() || !AreSame(right, signature.signature))
    return Failure(ErrorKind::kDenied, "the signature is wrong");
  const std::lock_guard lock(mutex_);
  while (!heard_.empty() && now - heard_.begin()->first > kFresh) heard_.erase(heard_.begin());
  const std::pair<Wall, std::string> once(*TimeOf(signature.timestamp), right);
  if (heard_.contains(once)) return Failure(ErrorKind::kDenied, "it was heard already");
  if (heard_.size() >= kMostHeard) return Failure(ErrorKind::kUnavailable, "too much was pressed: try again");
  heard_.insert(once);
  return {};
}

}  // namespace loadline::collector
