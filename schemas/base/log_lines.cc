#include "schemas/base/log_lines.h"

#include <spdlog/pattern_formatter.h>

#include <string>
#include <utility>

#include "schemas/base/printable.h"

namespace loadline {
namespace {

class Lines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& event, spdlog::memory_buf_t& line) override {
    const std::string words = Printable({event.payload.data(), event.payload.size()});
    spdlog::details::log_msg clean = event;
    clean.payload = words;
    pattern_.format(clean, line);
    // Where a colour begins and ends is written down by whoever formats.
    event.color_range_start = clean.color_range_start;
    event.color_range_end = clean.color_range_end;
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<Lines>();
  }

 private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc};
};

}  // namespace

std::unique_ptr<spdlog::formatter> LogLines() {
  return std::make_unique<Lines>();
}

}  // namespace loadline
