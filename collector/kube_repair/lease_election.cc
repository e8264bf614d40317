#include "collector/kube_repair/lease_election.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "collector/http/http_client.h"
#include "collector/kube_repair/repairs_on_lease.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

// Of an identity that another one has given itself.
constexpr std::size_t kLongestName = 100;

std::string Shown(const std::string& holder) {
  return Printable(std::string_view(holder).substr(0, kLongestName));
}

void WriteRepairs(nlohmann::json& lease, const std::string& repairs) {
  nlohmann::json& annotations = lease["metadata"]["annotations"];
  if (!annotations.is_object()) annotations = nlohmann::json::object();
  annotations[kRepairsOnLease] = repairs;
}

}  // namespace

Duration LeaseElection::Round(KubeClient& api) {
  const Result<void> tried = Try(api);
  const Mono now = clock_.Now();
  const bool another = HeldByAnother(now);
  bool holds = false;
  {
    const std::lock_guard lock(mutex_);
    trouble_ = tried ? "" : tried.error().message;
    other_ = another ? Shown(record_.holder) : "";
    if (another) held_since_.reset();
    holds = Holds(now);
  }
  return holds && tried ? options_.renew_each : options_.ask_each;
}

Result<void> LeaseElection::Try(KubeClient& api) {
  // A holder knows what stands there; if it does not, the API server refuses, and it reads.
  if (!Holds(clock_.Now())) {
    Forget();
    if (auto read = Read(api); !read) return read;
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (HeldByAnother(clock_.Now())) return {};
    const Result<Step> step = Claim(api);
    if (!step) return Failure(step.error());
    if (*step == Step::kOver) return {};
    if (auto read = Read(api); !read) return read;
  }
  return {};
}

Result<void> LeaseElection::Read(KubeClient& api) {
  Result<ApiAnswer> answer = api.Send({.path = Path(), .once = true, .timeout = options_.answer_within});
  if (!answer) return Failure(answer.error());
  if (answer->status == 404) {
    See(nullptr);
    return {};
  }
  if (!answer->ok()) return Failure(ErrorOf(*answer));
  See(std::move(answer->body));
  return {};
}

// Somebody else may have been quicker: then it is read again.
Result<LeaseElection::Step> LeaseElection::Claim(KubeClient& api) {
  const Mono asked = clock_.Now();
  const bool made = lease_.is_null();
  asked_ = true;
  nlohmann::json claimed = ClaimedLease(lease_, options_.space, options_.name, options_.identity,
                                        options_.lasts, clock_.WallNow());
  if (const auto repairs = Wanted()) WriteRepairs(claimed, *repairs);
  Result<ApiAnswer> answer = api.Send({.method = made ? "POST" : "PUT",
                                       .path = made ? Collection() : Path(),
                                       .body = std::move(claimed),
                                       .once = true,
                                       .timeout = options_.answer_within});
  if (!answer) return Failure(answer.error());
  if (answer->status == 409 || (answer->status == 404 && !made)) return Step::kAgain;
  if (!answer->ok()) return Failure(ErrorOf(*answer));
  See(std::move(answer->body));
  const std::lock_guard lock(mutex_);
  held_since_ = asked;
  return Step::kOver;
}

void LeaseElection::See(nlohmann::json lease) {
  SeeRepairs(Text(Part(Part(lease, "metadata"), "annotations"), kRepairsOnLease));
  LeaseRecord record = ParseLease(lease);
  lease_ = std::move(lease);
  if (record == record_) return;
  record_ = std::move(record);
  changed_ = clock_.Now();
}

void LeaseElection::SeeRepairs(std::string text) {
  const std::lock_guard lock(mutex_);
  if (text == stands_) return;
  recorded_ = ReadRepairs(text);
  stands_ = std::move(text);
}

void LeaseElection::Record(std::vector<RecordedRepair> repairs) {
  const bool none = repairs.empty();
  std::string text = RepairsText(std::move(repairs));
  const std::lock_guard lock(mutex_);
  if (none && stands_.empty()) return;
  wanted_ = std::move(text);
}

// Another one may have held it meanwhile: what stands there stays until it was read by who repairs.
void LeaseElection::Forget() {
  const std::lock_guard lock(mutex_);
  wanted_.reset();
}

std::optional<std::string> LeaseElection::Wanted() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

bool LeaseElection::OnRecord(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::find(recorded_, key, &RecordedRepair::key) != recorded_.end();
}

std::vector<RecordedRepair> LeaseElection::Recorded() const {
  const std::lock_guard lock(mutex_);
  return recorded_;
}

bool LeaseElection::HasNews() const {
  const std::lock_guard lock(mutex_);
  return wanted_ && *wanted_ != stands_;
}

bool LeaseElection::HeldByAnother(Mono now) const {
  return !record_.holder.empty() && record_.holder != options_.identity && now - changed_ < record_.lasts;
}

void LeaseElection::Release(KubeClient& api) {
  {
    const std::lock_guard lock(mutex_);
    held_since_.reset();
  }
  if (!asked_) return;
  // A renewal that was broken off may have come about, or yet come about: what stands there is read first.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!Read(api) || record_.holder != options_.identity) return;
    const auto released = api.Send({.method = "PUT",
                                    .path = Path(),
                                    .body = ReleasedLease(lease_, clock_.WallNow()),
                                    .once = true,
                                    .timeout = options_.answer_within});
    if (released && released->ok()) return;
  }
  spdlog::info("repair: the lease {} could not be released, and runs out", Id());
}

std::string LeaseElection::Collection() const {
  return fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", UrlEncode(options_.space));
}

std::optional<StandBy> LeaseElection::StandingBy() const {
  const std::lock_guard lock(mutex_);
  if (Holds(clock_.Now())) return std::nullopt;
  if (!other_.empty())
    return StandBy{.words = fmt::format("another collector, {}, repairs here", other_), .elsewhere = true};
  if (!trouble_.empty())
    return StandBy{.words = fmt::format("the lease {} cannot be had: {}", Id(), trouble_)};
  if (held_since_) return StandBy{.words = fmt::format("the lease {} was not renewed in time", Id())};
  return StandBy{.words = "it is not known yet whether another collector repairs here"};
}

void LeaseElection::Log() {
  const std::optional<StandBy> standing = StandingBy();
  std::string words =
      standing ? standing->words : fmt::format("this collector repairs here (lease {})", Id());
  if (words == logged_) return;
  spdlog::info("repair: {}", words);
  logged_ = std::move(words);
}

}  // namespace loadline::collector
