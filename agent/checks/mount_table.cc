#include "agent/checks/mount_table.h"

#include <algorithm>
#include <array>

#include "agent/host/fields.h"

namespace loadline::agent {
namespace {

constexpr std::array kOnDisk = std::to_array<std::string_view>(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "vfat", "exfat", "tmpfs"});
constexpr std::array kRemote = std::to_array<std::string_view>(
    {"nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs", "lustre", "glusterfs", "fuse", "fuseblk"});

bool IsRemote(std::string_view type) {
  return type.starts_with("fuse.") || std::ranges::find(kRemote, type) != kRemote.end();
}

bool IsWanted(std::string_view type, std::string_view path) {
  if (IsRemote(type)) return true;
  if (type == "overlay") return path == "/";
  if (std::ranges::find(kOnDisk, type) == kOnDisk.end()) return false;
  return path.find("/kubelet/pods/") == std::string_view::npos &&
         path.find("/io.containerd.") == std::string_view::npos && !path.starts_with("/run/netns");
}

// The kernel writes blanks, and what else would part words, as three octal digits: "\040".
std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool SaysReadOnly(std::string_view options) {
  return CutUntil(options, ',') == "ro";
}

}  // namespace

// "36 35 98:0 /root /mnt rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue"
std::vector<MountedFileSystem> ParseMountTable(std::string_view mountinfo) {
  constexpr std::string_view kSeparator = " - ";
  std::vector<MountedFileSystem> found;
  while (!mountinfo.empty()) {
    std::string_view line = CutLine(mountinfo);
    const std::size_t at = line.find(kSeparator);
    if (at == std::string_view::npos) continue;
    std::string_view of_all = line.substr(at + kSeparator.size());
    CutWord(line);
    CutWord(line);
    MountedFileSystem one{.device = std::string(CutWord(line))};
    CutWord(line);
    one.path = Unescaped(CutWord(line));
    const bool mounted_read_only = SaysReadOnly(CutWord(line));
    one.type = CutWord(of_all);
    one.source = Unescaped(CutWord(of_all));
    one.turned_read_only = SaysReadOnly(CutWord(of_all)) && !mounted_read_only;
    if (!IsWanted(one.type, one.path)) continue;
    one.remote = IsRemote(one.type);
    const auto known = std::ranges::find(found, one.device, &MountedFileSystem::device);
    if (known == found.end()) {
      found.push_back(std::move(one));
      continue;
    }
    known->turned_read_only |= one.turned_read_only;
    if (one.path.size() < known->path.size()) known->path = std::move(one.path);
  }
  return found;
}

}  // namespace loadline::agent
