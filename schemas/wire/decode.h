// Frames to values. This is the only reader of bytes that came from somebody else.
//
// Decode never reads outside the frame, never allocates more than a small multiple of its size, and never
// throws. What it returns keeps these promises, so that nobody behind it has to check again:
//   - enumerations are within their range, buckets below 176, counts of bins at least 1;
//   - strings are clean text (text.h) within their bounds, names that must not be empty are not: a cgroup
//     without a name is in events alone;
//   - refs of containers are not 0 and strictly ascending, buckets too; sequences and epochs are not 0;
//   - quantities fit their signed types.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "schemas/wire/records.h"

namespace loadline::wire {

// Why a frame was refused. One reason each, for counting.
enum class FrameFault : std::uint8_t {
  kTooLarge,         // above kMaxFrameBytes
  kTooShort,         // no room for a header
  kWrongIdentifier,  // not one of our schemas
  kWrongVersion,     // our schema, in a major version that is not ours
  kTorn,             // offsets that lead nowhere: truncated or corrupted
  kUnknownKind,      // a kind of message that a newer side may know
  kMissingField,     // something required is absent or empty
  kOutOfRange,       // an enumeration, bucket or quantity that cannot be
  kTooMany,          // a list or string above its bound
  kBadText,          // a string that is not clean text
  kInconsistent,     // columns that do not fit one another
};
inline constexpr int kFrameFaultCount = 11;

const char* Name(FrameFault fault);  // "too_large", ...

struct BadFrame {
  FrameFault fault{};
  std::string what;  // the field, in the words of the schema
};

[[nodiscard]] std::expected<Message, BadFrame> Decode(std::span<const std::byte> frame);

}  // namespace loadline::wire
