#include "agent/host/file_counter_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "agent/host/small_file.h"

namespace loadline::agent {
namespace {

// In the order of a walk that visits a cgroup before those below it, and those before its neighbours.
bool ComesBefore(std::string_view left, std::string_view right) {
  const auto place = [](char letter) { return letter == '/' ? 0 : static_cast<unsigned char>(letter); };
  return std::ranges::lexicographical_compare(left, right, {}, place, place);
}

bool IsBelow(std::string_view path, std::string_view top) {
  return path.size() > top.size() && path.starts_with(top) && path[top.size()] == '/';
}

}  // namespace

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
  const CgroupHierarchy* const cpu = mounts.With("cpu");
  const CgroupHierarchy* const memory = mounts.With("memory");
  all_on_unified_ = cpu != nullptr && cpu->unified() && (memory == nullptr || memory->unified());
}

void FileCounterSource::Follow(std::uint32_t ref, std::string_view path) {
  const auto [place, is_new] = cgroups_.try_emplace(ref);
  if (!is_new) return;
  from_the_top_.clear();
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
  from_the_top_.clear();
  cgroups_.erase(found);
}

Result<void> FileCounterSource::Sample(std::vector<CgroupCounters>& out, Depth depth) {
  if (depth == Depth::kMoving && all_on_unified_) return SampleMoving(out);
  out.clear();
  for (auto& [ref, cgroup] : cgroups_) {
    if (depth == Depth::kAll || cgroup.fresh)
      ReadAll(cgroup);
    else
      ReadMoving(cgroup);
    if (cgroup.counters.cpu || cgroup.counters.memory) out.push_back(cgroup.counters);
  }
  return {};
}

Result<void> FileCounterSource::SampleMoving(std::vector<CgroupCounters>& out) {
  out.clear();
  const Followed* idle = nullptr;
  for (Followed* const cgroup : FromTheTop()) {
    if (cgroup->fresh) {
      ReadAll(*cgroup);
    } else if (idle != nullptr && IsBelow(cgroup->path, idle->path)) {
      continue;
    } else if (!ReadMoving(*cgroup)) {
      idle = cgroup;
      continue;
    }
    if (cgroup->counters.cpu || cgroup->counters.memory) out.push_back(cgroup->counters);
  }
  return {};
}

const std::vector<FileCounterSource::Followed*>& FileCounterSource::FromTheTop() {
  if (from_the_top_.empty()) {
    for (auto& [ref, cgroup] : cgroups_) from_the_top_.push_back(&cgroup);
    std::ranges::sort(from_the_top_, ComesBefore, &Followed::path);
  }
  return from_the_top_;
}

void FileCounterSource::ReadAll(Followed& cgroup) {
  for (std::size_t index = 0; index < files_.size(); ++index) ReadFile(index, cgroup);
  cgroup.fresh = false;
}

bool FileCounterSource::ReadMoving(Followed& cgroup) {
  const auto used = [&] { return cgroup.counters.cpu ? cgroup.counters.cpu->usage_ns : 0; };
  const std::uint64_t before = used();
  for (std::size_t index = 0; index < files_.size(); ++index) {
    if (files_[index].what->moves != Moves::kNot) ReadFile(index, cgroup);
    const bool is_idle =
        files_[index].what->moves == Moves::kCpuTime && cgroup.counters.cpu && used() == before;
    if (is_idle && all_on_unified_) return false;
  }
  return true;
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
      text = ReadClosed(index, cgroup, file.moves != Moves::kNot || options_.keep_all);
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
