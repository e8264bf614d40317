#include "agent/host/allotment.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "agent/host/counter_files.h"
#include "agent/host/fields.h"
#include "agent/host/machine.h"
#include "agent/host/small_file.h"
#include "schemas/base/saturating.h"

namespace loadline::agent {
namespace {

constexpr std::uint64_t kKib = 1024;

std::vector<std::string> SizesIn(const std::string& folder) {
  std::vector<std::string> sizes;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (std::string size = HugePageSizeOf(entry.path().filename().string()); !size.empty())
      sizes.push_back(std::move(size));
  }
  std::ranges::sort(sizes);
  return sizes;
}

}  // namespace

std::string HugePageSizeOf(std::string_view folder) {
  constexpr std::string_view kPrefix = "hugepages-";
  if (!folder.starts_with(kPrefix) || !folder.ends_with("kB")) return "";
  const auto kib = ToNumber(folder.substr(kPrefix.size()));
  if (!kib || *kib == 0) return "";
  if (*kib >= kKib * kKib) return std::to_string(*kib / (kKib * kKib)) + "GB";
  if (*kib >= kKib) return std::to_string(*kib / kKib) + "MB";
  return std::to_string(*kib) + "KB";
}

AllotmentFiles::AllotmentFiles(const CgroupMounts& mounts, const HostRoot& host)
    : cpuset_(Find(mounts, host, "cpuset")),
      huge_pages_(Find(mounts, host, "hugetlb")),
      meminfo_(host.root + "/proc/meminfo"),
      size_folder_(host.root + "/sys/kernel/mm/hugepages") {}

AllotmentFiles::Controller AllotmentFiles::Find(const CgroupMounts& mounts, const HostRoot& host,
                                                std::string_view name) {
  const CgroupHierarchy* unified = mounts.Unified();
  if (unified != nullptr && unified->Has(name)) return {unified->mount, true};
  return {LegacyMountWith(host, name), false};
}

void AllotmentFiles::BeginRound() {
  cpus_above_.clear();
  has_huge_pages_.reset();
}

Allotment AllotmentFiles::Read(std::string_view path) {
  return {.cpus = cpuset_.mount.empty() ? 0 : ReadCpus(BelowMount(path)), .huge_pages = ReadHugePages(path)};
}

std::uint32_t AllotmentFiles::ReadCpus(std::string_view below_mount) {
  const char* const name = cpuset_.unified ? "/cpuset.cpus.effective" : "/cpuset.effective_cpus";
  std::array<char, 4096> buffer;
  const std::string file = cpuset_.mount + std::string(below_mount) + name;
  if (const auto text = ReadSmallFile(file.c_str(), buffer)) {
    std::string_view list = *text;
    if (const int cpus = ParseCpuList(CutLine(list)); cpus > 0) return static_cast<std::uint32_t>(cpus);
  }
  if (below_mount.empty()) return 0;
  const std::size_t end = below_mount.rfind('/');
  const std::string_view above = below_mount.substr(0, end == below_mount.npos ? 0 : end);
  if (const auto known = cpus_above_.find(above); known != cpus_above_.end()) return known->second;
  return cpus_above_.emplace(above, ReadCpus(above)).first->second;
}

// The pool of the node, whether used or not.
bool AllotmentFiles::HasHugePages() {
  if (!has_huge_pages_) {
    std::array<char, 4096> buffer;
    const auto text = ReadSmallFile(meminfo_.c_str(), buffer);
    has_huge_pages_ = text && ParseMeminfo(*text, "Hugetlb").value_or(0) > 0;
  }
  return *has_huge_pages_;
}

std::optional<wire::HugePagesWindow> AllotmentFiles::ReadHugePages(std::string_view path) {
  if (huge_pages_.mount.empty()) return std::nullopt;
  // Once there were some, who held them must be seen giving them back.
  if (sizes_.empty() && HasHugePages()) sizes_ = SizesIn(size_folder_);
  const std::string folder = huge_pages_.mount + std::string(BelowMount(path)) + "/hugetlb.";
  std::array<char, 64> buffer;
  const auto read = [&](const std::string& size, const char* what) {
    return ReadSmallFile((folder + size + what).c_str(), buffer);
  };
  std::optional<wire::HugePagesWindow> pages;
  bool bounded = true;
  for (const std::string& size : sizes_) {
    const auto held = read(size, huge_pages_.unified ? ".current" : ".usage_in_bytes");
    const auto bytes = held ? ToNumber(*held) : std::nullopt;
    if (!bytes) continue;
    if (!pages) pages.emplace();
    pages->held = SaturatingSum(pages->held, AsBytes(*bytes));
    const auto limit = read(size, huge_pages_.unified ? ".max" : ".limit_in_bytes");
    const std::uint64_t most = limit ? ParseLimit(*limit) : 0;
    // "max", and the number of v1 that means it.
    bounded = bounded && limit && ToNumber(*limit) == most;
    pages->limit = SaturatingSum(pages->limit, AsBytes(most));
  }
  if (pages && !bounded) pages->limit = 0;
  return pages;
}

}  // namespace loadline::agent
