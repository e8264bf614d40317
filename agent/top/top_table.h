// The picture of `top`: rows into lines. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/top/top_rows.h"

namespace loadline::agent {

enum class TopColumn {
  kName,
  kCpu,
  kCpuLimit,
  kThrottled,
  kWait,
  kMemory,
  kPeak,
  kLimit,
  kOom,
  kPsiCpu,
  kPsiMemory,
  kPsiIo
};
inline constexpr int kTopColumns = 12;

// For the command line: "cpu", "throttled" ...
std::map<std::string, TopColumn> TopColumnNames();
// The column of a key of the keyboard; nothing when it has none.
std::optional<TopColumn> TopColumnOf(char key);

struct TopView {
  TopColumn sort = TopColumn::kCpu;
  bool reverse = false;    // smallest first
  bool all = false;        // also slices, nested and idle cgroups
  std::size_t width = 0;   // of the terminal, characters; 0: as wide as needed
  std::size_t height = 0;  // lines for rows; 0: all
  bool colour = false;     // ANSI: the head in reverse, what is wrong in red
};

// The rows that the view shows, in its order.
std::vector<TopRow> SelectRows(std::vector<TopRow> rows, const TopView& view);

// A head line and a line for each selected row, each with "\n".
std::string RenderTop(const std::vector<TopRow>& rows, const TopView& view);

}  // namespace loadline::agent
