#include "agent/checks/zombies.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "agent/host/fields.h"
#include "agent/host/small_file.h"

namespace loadline::agent {
namespace {

constexpr std::uint32_t kMostAll = 200;
constexpr std::uint32_t kMostOfOne = 100;

// Nothing: /proc cannot be read, or it is time to stop.
std::optional<ZombieCount> Count(const std::string& proc, const std::stop_token& stop) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(proc.c_str()), ::closedir);
  if (folder == nullptr) return std::nullopt;
  ZombieCount count;
  std::map<std::uint32_t, std::uint32_t> of_parent;
  std::array<char, 512> buffer;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (stop.stop_requested()) return std::nullopt;
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    const auto stat = ReadSmallFile((proc + "/" + entry->d_name + "/stat").c_str(), buffer);
    const auto parent = stat ? ParentOfZombie(*stat) : std::nullopt;
    if (!parent) continue;
    ++count.all;
    ++of_parent[*parent];
  }
  for (const auto& [parent, children] : of_parent) {
    if (children <= count.of_one) continue;
    count.of_one = children;
    count.parent = parent;
  }
  count.command = ReadWholeFile(fmt::format("{}/{}/comm", proc, count.parent)).value_or("");
  count.command.erase(count.command.find_last_not_of('\n') + 1);
  return count;
}

}  // namespace

std::optional<std::uint32_t> ParentOfZombie(std::string_view stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  if (CutWord(stat) != "Z") return std::nullopt;
  const auto parent = ToNumber(CutWord(stat));
  return parent ? std::optional(static_cast<std::uint32_t>(*parent)) : std::nullopt;
}

Judgement JudgeZombies(const std::optional<ZombieCount>& count) {
  Judgement judgement{.condition = kZombieProcesses, .reason = "TooManyZombies"};
  if (!count) {
    judgement.message = "processes cannot be read";
    return judgement;
  }
  judgement.message = fmt::format("{} zombie processes", count->all);
  if (count->all > 0)
    judgement.message +=
        fmt::format(", {} of them children of {} (pid {})", count->of_one, count->command, count->parent);
  if (count->all >= kMostAll || count->of_one >= kMostOfOne)
    judgement.health = Health::kBad;
  else if (count->all < kMostAll / 2 && count->of_one < kMostOfOne / 2)
    judgement.health = Health::kGood;
  return judgement;
}

std::vector<Judgement> Zombies::Look(Mono /*now*/, const std::stop_token& stop) {
  return {JudgeZombies(Count(root_ + "/proc", stop))};
}

}  // namespace loadline::agent
