// One record of /dev/kmsg, as read() gives it:
//
//   6,416,1758426,-;pci 0000:00:1f.2: enabling device
//    SUBSYSTEM=pci
//    DEVICE=+pci:0000:00:1f.2
//
// In front of the semicolon: facility * 8 + level, sequence number, microseconds since boot, flags, and whatever
// later kernels add. Behind it the text; then a line for each value that the kernel's driver model adds. Bytes that are
// not printable are written as \x and two digits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadline::agent {

struct KmsgRecord {
  int facility = 0;  // 0: the kernel itself; others wrote to /dev/kmsg
  int level = 0;     // 0 emergency to 7 debug
  std::uint64_t sequence = 0;
  std::chrono::microseconds since_boot{0};
  // The text goes on from the record before: kernels before 4.10 have a record for each piece of a line.
  bool continues = false;
  std::string text;  // what was escaped is what it was again: a text of several lines has line feeds
  std::vector<std::pair<std::string, std::string>> values;  // SUBSYSTEM, DEVICE
};

// Nothing when it is no record.
std::optional<KmsgRecord> ParseKmsgRecord(std::string_view bytes);

// How many records were never seen: the kernel numbers each, and forgets the oldest when its buffer is full.
class KmsgGaps {
 public:
  // How many are missing right before this one. Of what was before the first that is seen nothing is known, and a
  // number that falls is another boot.
  std::uint64_t Saw(std::uint64_t sequence) {
    const std::uint64_t missing = next_ && sequence > *next_ ? sequence - *next_ : 0;
    next_ = sequence + 1;
    lost_ += missing;
    return missing;
  }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  std::optional<std::uint64_t> next_;
  std::uint64_t lost_ = 0;
};

}  // namespace loadline::agent
