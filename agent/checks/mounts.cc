#include "agent/checks/mounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/host/small_file.h"
#include "schemas/base/units.h"

namespace loadline::agent {
namespace {

constexpr double kBad = 0.95;
constexpr double kGood = 0.9;
// What is smaller is a place for a few files, and full by its making.
constexpr std::uint64_t kSmallest = 4ULL << 20;
constexpr std::size_t kMostMounts = 512;

using Kind = MountAnswer::Kind;

// The same one by its device; or by its size and what is free of it, as the root of a container shows those of the disk
// that it is on.
bool IsSame(const MountAnswer& one, const MountAnswer& other) {
  if (one.kind != Kind::kAnswered || other.kind != Kind::kAnswered) return false;
  if (one.device == other.device) return true;
  const std::uint64_t apart = one.free > other.free ? one.free - other.free : other.free - one.free;
  return one.total == other.total && one.inodes == other.inodes && apart <= one.total / 1000;
}

std::string Called(const MountedFileSystem& mount) {
  return mount.source.starts_with('/') ? fmt::format("{} ({})", mount.path, mount.source) : mount.path;
}

// One condition over all file systems: bad when one is, good when all are.
class Sum {
 public:
  Sum(const char* condition, const char* reason, const char* good)
      : judgement_{.condition = condition, .health = Health::kGood, .reason = reason, .message = good} {}

  void Unknown() {
    if (judgement_.health == Health::kGood) Become(Health::kUnknown, "not all have answered");
  }
  void Bad(const MountedFileSystem& mount, const std::string& words) {
    const bool first = judgement_.health != Health::kBad;
    if (first) Become(Health::kBad, "");
    judgement_.message += (first ? "" : "; ") + words;
    judgement_.subject += mount.path + " ";
  }
  Judgement Take() { return std::move(judgement_); }

 private:
  void Become(Health health, const char* message) {
    judgement_.health = health;
    judgement_.message = message;
  }
  Judgement judgement_;
};

void AddShare(Sum& sum, const MountedFileSystem& mount, std::uint64_t all, std::uint64_t free,
              const std::string& of_what) {
  const double used = 1 - static_cast<double>(free) / static_cast<double>(all);
  if (used >= kBad)
    sum.Bad(mount, fmt::format("{} is {:.0f} % full: {}", Called(mount), used * 100, of_what));
  else if (used >= kGood)
    sum.Unknown();
}

}  // namespace

std::vector<Judgement> JudgeMounts(const std::vector<LookedAtMount>& mounts,
                                   const std::vector<MountAnswer>& reported) {
  Sum read_only(kReadonlyFilesystem, "FilesystemIsReadOnly", "no file system has become read-only");
  Sum full(kFilesystemFull, "FilesystemIsFull", "no file system is full");
  Sum inodes(kInodesExhausted, "NoInodesLeft", "all file systems have inodes left");
  Sum hanging(kMountNotResponding, "MountHangs", "all file systems answer");
  std::vector<MountAnswer> judged;
  const auto is_in = [](const std::vector<MountAnswer>& known, const MountAnswer& answer) {
    return std::ranges::any_of(known, [&](const MountAnswer& one) { return IsSame(one, answer); });
  };
  for (const auto& [mount, answer] : mounts) {
    if (answer.kind == Kind::kHangs)
      hanging.Bad(mount, fmt::format("{} ({}) has not answered for 2 s", Called(mount), mount.type));
    else if (answer.kind == Kind::kNotAsked)
      hanging.Unknown();
    const bool is_reported = is_in(reported, answer);
    // By its device alone: that of a container's root does not say so of the disk below.
    const bool is_itself = std::ranges::any_of(reported, [&](const MountAnswer& one) {
      return one.kind == Kind::kAnswered && one.device == answer.device;
    });
    if (mount.turned_read_only && !is_itself)
      read_only.Bad(mount, Called(mount) + " is read-only, and was mounted to be written to");
    if (mount.remote) continue;
    if (answer.kind != Kind::kAnswered) {
      full.Unknown();
      inodes.Unknown();
      continue;
    }
    if (answer.total < kSmallest || is_in(judged, answer)) continue;
    judged.push_back(answer);
    if (!is_reported) {
      AddShare(full, mount, answer.total, answer.free,
               fmt::format("{} of {} are free", FormatBytes(static_cast<Bytes>(answer.free)),
                           FormatBytes(static_cast<Bytes>(answer.total))));
    }
    if (answer.inodes > 0) {
      AddShare(inodes, mount, answer.inodes, answer.free_inodes,
               fmt::format("{} of {} inodes are free", answer.free_inodes, answer.inodes));
    }
  }
  return {read_only.Take(), full.Take(), inodes.Take(), hanging.Take()};
}

std::vector<Judgement> Mounts::Look(Mono /*now*/, const std::stop_token& stop) {
  std::vector<MountedFileSystem> mounts = ParseMountTable(ReadWholeFile(mountinfo_).value_or(""));
  if (mounts.size() > kMostMounts) mounts.resize(kMostMounts);
  std::vector<std::string> paths = reported_;
  for (const MountedFileSystem& mount : mounts) paths.push_back(mount.path);
  std::vector<MountAnswer> answers = look_.Ask(paths, stop);
  if (stop.stop_requested() || mounts.empty()) return {};
  const auto first = answers.begin() + static_cast<std::ptrdiff_t>(reported_.size());
  std::vector<LookedAtMount> looked;
  for (std::size_t i = 0; i < mounts.size(); ++i)
    looked.push_back({std::move(mounts[i]), first[static_cast<std::ptrdiff_t>(i)]});
  answers.erase(first, answers.end());
  return JudgeMounts(looked, answers);
}

}  // namespace loadline::agent
