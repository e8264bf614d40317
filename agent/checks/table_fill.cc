#include "agent/checks/table_fill.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "agent/host/fields.h"
#include "agent/host/small_file.h"

namespace loadline::agent {
namespace {

constexpr double kBad = 0.9;
constexpr double kGood = 0.8;

std::optional<std::uint64_t> ReadNumber(const std::string& path) {
  std::array<char, 256> buffer;
  auto text = ReadSmallFile(path.c_str(), buffer);
  return text ? ToNumber(CutWord(*text)) : std::nullopt;
}

std::optional<Fill> Of(const std::optional<std::uint64_t>& used, const std::optional<std::uint64_t>& most) {
  if (!used || !most) return std::nullopt;
  return Fill{.used = *used, .most = *most};
}

}  // namespace

Judgement JudgeFill(const char* condition, const char* reason, const char* of_what,
                    const std::optional<Fill>& fill) {
  Judgement judgement{.condition = condition, .reason = reason};
  if (!fill || fill->most == 0) {
    judgement.message = "cannot be read";
    return judgement;
  }
  const double share = static_cast<double>(fill->used) / static_cast<double>(fill->most);
  judgement.message = fmt::format("{} of {} {}, {:.0f} %", fill->used, fill->most, of_what, share * 100);
  if (share >= kBad) judgement.health = Health::kBad;
  if (share < kGood) judgement.health = Health::kGood;
  return judgement;
}

std::optional<Fill> ReadConntrack(const std::string& root) {
  const std::string folder = root + "/proc/sys/net/netfilter/nf_conntrack_";
  return Of(ReadNumber(folder + "count"), ReadNumber(folder + "max"));
}

// The fourth word of loadavg is "running/all", of threads, of the whole machine in a pod, too.
std::optional<Fill> ReadPids(const std::string& root) {
  std::array<char, 256> buffer;
  auto text = ReadSmallFile((root + "/proc/loadavg").c_str(), buffer);
  if (!text) return std::nullopt;
  for (int skipped = 0; skipped < 3; ++skipped) CutWord(*text);
  std::string_view threads = CutWord(*text);
  CutUntil(threads, '/');
  const auto pid_max = ReadNumber(root + "/proc/sys/kernel/pid_max");
  const auto threads_max = ReadNumber(root + "/proc/sys/kernel/threads-max");
  if (!pid_max || !threads_max) return std::nullopt;
  return Of(ToNumber(threads), std::min(*pid_max, *threads_max));
}

// "allocated  unused  most"
std::optional<Fill> ReadFileHandles(const std::string& root) {
  std::array<char, 256> buffer;
  auto text = ReadSmallFile((root + "/proc/sys/fs/file-nr").c_str(), buffer);
  if (!text) return std::nullopt;
  const auto used = ToNumber(CutWord(*text));
  CutWord(*text);
  return Of(used, ToNumber(CutWord(*text)));
}

}  // namespace loadline::agent
