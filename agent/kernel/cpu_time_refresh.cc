#include "agent/kernel/cpu_time_refresh.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string_view>

namespace loadline::agent {
namespace {

// Cgroups at the top come and go rarely: kubepods.slice, system.slice, user.slice and few others. Those
// beyond the bound are folded by the kernel itself, every 2 s.
constexpr unsigned kLookAgainEvery = 30;
constexpr std::size_t kMaxTop = 64;

std::string_view Read(const Fd& file, char (&buffer)[512]) {
  const ssize_t size = pread(file.get(), buffer, sizeof(buffer), 0);
  return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace

void CpuTimeRefresh::OpenTop() {
  top_.clear();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(mount_, error)) {
    if (top_.size() == kMaxTop) break;
    if (!entry.is_directory(error)) continue;
    Fd file(open((entry.path() / "cpu.stat").c_str(), O_RDONLY | O_CLOEXEC));
    if (file.valid()) top_.push_back(std::move(file));
  }
}

std::optional<std::uint64_t> CpuTimeRefresh::Refresh() {
  if (!root_.valid()) root_ = Fd(open((mount_ + "/cpu.stat").c_str(), O_RDONLY | O_CLOEXEC));
  // A folder's link count is two and one for each below it.
  struct stat folder{};
  if (stat(mount_.c_str(), &folder) != 0) folder.st_nlink = 0;
  if (passes_++ % kLookAgainEvery == 0 || folder.st_nlink != links_) OpenTop();
  links_ = folder.st_nlink;
  char buffer[512];
  bool gone = false;
  for (const Fd& file : top_) gone |= Read(file, buffer).empty();
  if (gone) {
    OpenTop();
    for (const Fd& file : top_) Read(file, buffer);
  }

  constexpr std::string_view kKey = "usage_usec ";
  std::string_view text = root_.valid() ? Read(root_, buffer) : std::string_view();
  if (!text.starts_with(kKey)) return std::nullopt;
  text.remove_prefix(kKey.size());
  std::uint64_t usage_us = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), usage_us).ec != std::errc{})
    return std::nullopt;
  return usage_us * 1000;
}

}  // namespace loadline::agent
