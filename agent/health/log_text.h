// The kernel's own words in a line of a log, whatever wrote the log: dmesg in all of its forms, kern.log, journalctl, a
// serial console, a copy of /dev/kmsg.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/health/kmsg_record.h"

namespace loadline::agent {

// What the kernel said in a line of text: without time stamps, priority, host and "kernel:". A line of another
// program, as a syslog names it with its pid, has none. A console joins what a program wrote without an end of line and
// what the kernel wrote next: then there are two.
void KernelWords(std::string_view line, std::vector<std::string_view>& words);

// Line after line of one log, each in either form.
class LogText {
 public:
  // What the kernel said in this line; valid until the next call.
  std::span<const std::string_view> Lines(std::string_view raw);
  // The same of a whole record of /dev/kmsg.
  std::span<const std::string_view> Lines(const KmsgRecord& record);

  // Records that are missing between those that were there.
  [[nodiscard]] std::uint64_t lost() const { return gaps_.lost(); }

 private:
  KmsgGaps gaps_;
  bool in_record_ = false;  // the line before was of a record, the next may be a value of it
  std::string text_;        // of the last record
  std::vector<std::string_view> lines_;
};

}  // namespace loadline::agent
