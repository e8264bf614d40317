// Text as it may stand on the wire: UTF-8 without control characters, within a bound.
//
// Names of cgroups, disks and processes are bytes that any local user may choose. Cleaned on the way out and
// checked on the way in, they can go to a terminal, to JSON and to a log without a further thought.
#pragma once

#include <string>
#include <string_view>

namespace loadline::wire {

// Bounds in bytes.
inline constexpr std::size_t kMaxPath = 4096;
inline constexpr std::size_t kMaxPodUid = 64;
inline constexpr std::size_t kMaxContainerId = 128;
inline constexpr std::size_t kMaxUnit = 256;
inline constexpr std::size_t kMaxCommand = 64;
inline constexpr std::size_t kMaxNode = 253;  // a DNS subdomain, as Kubernetes names nodes
inline constexpr std::size_t kMaxAddress = 64;
inline constexpr std::size_t kMaxBootId = 64;
// Of a health event: who found it, its condition and its reason, and the evidence.
inline constexpr std::size_t kMaxSource = 64;
inline constexpr std::size_t kMaxReason = 128;
inline constexpr std::size_t kMaxEvidence = 4096;
inline constexpr std::size_t kMaxVersion = 128;
inline constexpr std::size_t kMaxWhy = 512;
inline constexpr std::size_t kMaxRejectMessage = 1024;
inline constexpr std::size_t kMaxToken = 16384;

// No byte below 0x20, no 0x7f, no C1 control (U+0080-U+009F), and valid UTF-8.
[[nodiscard]] bool IsCleanText(std::string_view text);

// The text with every byte that breaks the rule replaced by '?', cut to `bound` bytes at a character's
// border.
[[nodiscard]] std::string CleanText(std::string_view text, std::size_t bound);

}  // namespace loadline::wire
