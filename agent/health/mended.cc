#include "agent/health/mended.h"

#include <fmt/format.h>

namespace loadline::agent {

std::string DeviceOf(std::string_view line) {
  constexpr std::string_view kNamed = "device ";
  const std::size_t open = line.find('(');
  if (open == std::string_view::npos) return "";
  line.remove_prefix(open + 1);
  line = line.substr(0, line.find(')'));
  if (line.starts_with(kNamed)) line.remove_prefix(kNamed.size());
  line = line.substr(0, line.find_first_of(":, "));
  // It becomes part of a path.
  return line.find('/') == std::string_view::npos && !line.starts_with('.') ? std::string(line) : "";
}

std::optional<std::string> WhyMended(std::string_view condition, const DeviceNow& device) {
  const bool about_read_only = condition == "ReadonlyFilesystem";
  if (!about_read_only && condition != "XfsShutdown" && condition != "Ext4Shutdown") return std::nullopt;
  if (!device.read_only) return fmt::format("{} is not mounted any more", device.name);
  if (about_read_only && !*device.read_only)
    return fmt::format("{} is not mounted read-only any more", device.name);
  return std::nullopt;
}

}  // namespace loadline::agent
