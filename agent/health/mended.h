// Whether what a kernel's log says of a file system is over, by how it is mounted now.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loadline::agent {

// The block device that a line is about: "EXT4-fs (sda1): ..." is sda1, "BTRFS error (device dm-0: state EA)" is dm-0.
// Empty: none is named.
std::string DeviceOf(std::string_view line);

// What is known of a device.
struct DeviceNow {
  std::string name;               // "sda1"
  std::optional<bool> read_only;  // its file system as a whole; nothing: it is not mounted
};

// Why a condition does not hold any longer: "sda1 is not mounted any more". Nothing: it holds, or the condition is none of
// a file system. One that has shut down is of no use until it is mounted anew.
std::optional<std::string> WhyMended(std::string_view condition, const DeviceNow& device);

}  // namespace loadline::agent
