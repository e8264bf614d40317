#include "agent/host/io_stat.h"

#include <fcntl.h>

#include <array>

#include "agent/host/counter_files.h"
#include "agent/host/small_file.h"

namespace loadline::agent {

IoStatFiles::IoStatFiles(const CgroupMounts& mounts) : open_(kMaxOpen) {
  const CgroupHierarchy* hierarchy = mounts.With("io");
  if (hierarchy != nullptr && hierarchy->unified()) mount_ = hierarchy->mount;
}

std::optional<IoCounters> IoStatFiles::Read(std::uint32_t ref, std::string_view path) {
  if (mount_.empty()) return std::nullopt;
  const Fd& file = open_.Of(ref, [&] {
    const std::string name = mount_ + std::string(BelowMount(path)) + "/io.stat";
    return Fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  });
  if (!file.valid()) return std::nullopt;
  std::array<char, 4096> buffer;  // a line a device
  const auto text = ReadOpenFile(file.get(), buffer);
  return text ? std::optional(ParseIoStat(*text)) : std::nullopt;
}

}  // namespace loadline::agent
