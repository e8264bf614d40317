#include "agent/host/file_counter_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "agent/host/small_file.h"

namespace loadline::agent {

FileCounterSource::FileCounterSource(const CgroupMounts& mounts, FileCounterOptions options)
    : options_(options) {
  for (const auto files : {UnifiedCounterFiles(), LegacyCounterFiles()}) {
    const bool unified = files.data() == UnifiedCounterFiles().data();
    for (const CounterFile& file : files) {
      const CgroupHierarchy* hierarchy = mounts.With(file.controller);
      if (hierarchy == nullptr || hierarchy->unified() != unified) continue;
      files_.push_back({hierarchy->mount, &file});
    }
  }
}

void FileCounterSource::Follow(std::uint32_t ref, std::string_view path) {
  const auto [place, is_new] = cgroups_.try_emplace(ref);
  if (!is_new) return;
  Followed& cgroup = place->second;
  cgroup.path = BelowMount(path);
  cgroup.counters.ref = ref;
  cgroup.open.resize(files_.size());
  cgroup.state.resize(files_.size(), FileState::kClosed);
}

void FileCounterSource::Forget(std::uint32_t ref) {
  const auto found = cgroups_.find(ref);
  if (found == cgroups_.end()) return;
  open_files_ -= static_cast<std::size_t>(std::ranges::count_if(found->second.open, &Fd::valid));
  cgroups_.erase(found);
}

Result<void> FileCounterSource::Sample(std::vector<CgroupCounters>& out, Depth depth) {
  out.clear();
  for (auto& [ref, cgroup] : cgroups_) {
    const bool all = cgroup.fresh || depth == Depth::kAll;
    for (std::size_t index = 0; index < files_.size(); ++index) {
      if (all || files_[index].what->moves) ReadFile(index, cgroup);
    }
    cgroup.fresh = false;
    if (cgroup.counters.cpu || cgroup.counters.memory) out.push_back(cgroup.counters);
  }
  return {};
}

void FileCounterSource::ReadFile(std::size_t index, Followed& cgroup) {
  const CounterFile& file = *files_[index].what;
  std::optional<std::string_view> text;
  switch (cgroup.state[index]) {
    case FileState::kAbsent:
      return;
    case FileState::kOpen:
      text = ReadOpenFile(cgroup.open[index].get(), buffer_);
      break;
    case FileState::kClosed:
      text = ReadClosed(index, cgroup, file.moves || options_.keep_all);
      break;
  }
  // A read that fails means that the cgroup is gone; its death will be told.
  if (text && !file.parse(*text, cgroup.counters)) ++failed_;
}

std::optional<std::string_view> FileCounterSource::ReadClosed(std::size_t index, Followed& cgroup,
                                                              bool keep) {
  const File& file = files_[index];
  std::array<char, PATH_MAX> path;
  const std::size_t length = file.mount.size() + cgroup.path.size() + 1 + std::strlen(file.what->name);
  if (length >= path.size()) return std::nullopt;
  char* end = std::ranges::copy(file.mount, path.data()).out;
  end = std::ranges::copy(cgroup.path, end).out;
  *end++ = '/';
  std::strcpy(end, file.what->name);

  Fd fd(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    // The root has no limits, older kernels have fewer files, and a controller may end above this cgroup.
    if (errno == ENOENT)
      cgroup.state[index] = FileState::kAbsent;
    else
      ++failed_;
    return std::nullopt;
  }
  const auto text = ReadOpenFile(fd.get(), buffer_);
  if (keep && open_files_ < options_.max_open_files) {
    cgroup.open[index] = std::move(fd);
    cgroup.state[index] = FileState::kOpen;
    ++open_files_;
  }
  return text;
}

}  // namespace loadline::agent
