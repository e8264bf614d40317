// Silences: alerts that match are not told while one is active. Made by people, kept in the journal, shown
// with who made them and why; Alertmanager's rules of changing and expiring.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "collector/match/matcher.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

enum class SilenceState { kPending, kActive, kExpired };
const char* Name(SilenceState state);  // "pending", "active", "expired"

struct Silence {
  std::string id;  // empty in a new one
  Matchers matchers;
  Wall starts_at{};
  Wall ends_at{};
  Wall updated_at{};
  std::string created_by;
  std::string comment;
  // It ends, before `ends_at`, when nothing that it mutes fires any more; not before something did.
  bool until_resolved = false;
  bool has_muted = false;

  [[nodiscard]] SilenceState StateAt(Wall now) const;
  // What it matches, whenever. Its own end is news to those whom it keeps quiet.
  [[nodiscard]] bool Mutes(const Labels& labels) const;
};

// The rule that speaks of silences that end, and the label by which it says of which.
inline constexpr const char* kSilenceEnding = "SilenceEnding";
inline constexpr const char* kSilenceLabel = "silence";

class Silences {
 public:
  // Makes a new one, or changes the one of this id: in place where that cannot rewrite the past, else the old
  // one expires and a new one begins. Returns the id. `random` makes ids; 128 bits in hexadecimal.
  Result<std::string> Set(Silence silence, Wall now, const std::string& random);
  Result<void> Expire(const std::string& id, Wall now);
  // Something that it mutes fires.
  void NoteMuted(const std::string& id);

  // The ids of those active now that match.
  [[nodiscard]] std::vector<std::string> Matching(const Labels& labels, Wall now) const;
  [[nodiscard]] const Silence* Find(const std::string& id) const;
  [[nodiscard]] const std::map<std::string, Silence>& all() const { return silences_; }

  // Lets go of those that expired more than `retention` ago.
  void Forget(Wall now, Duration retention = std::chrono::hours(120));

  // For the journal, like AlertBook's.
  std::set<std::string> TakeChanged() { return std::exchange(changed_, {}); }
  void Restore(Silence silence);
  // Another one whenever any of them has changed.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  void End(Silence& silence, Wall now);
  bool MakeRoom(Wall now);
  void Change(const std::string& id);

  static constexpr std::size_t kMost = 10'000;
  std::map<std::string, Silence> silences_;
  std::set<std::string> changed_;
  std::uint64_t version_ = 0;
};

std::string EncodeSilence(const Silence& silence);
Result<Silence> DecodeSilence(const std::string& id, std::string_view text);

}  // namespace loadline::collector
