// How full the kernel's own tables are: connections tracked, process ids, open files. What finds no room in one fails
// in odd ways, and mostly says nothing of it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "agent/checks/check.h"

namespace loadline::agent {

inline constexpr const char* kConntrackFull = "ConntrackFull";
inline constexpr const char* kPidsExhausted = "PIDsExhausted";
inline constexpr const char* kFileHandlesExhausted = "FileHandlesExhausted";

struct Fill {
  std::uint64_t used = 0;
  std::uint64_t most = 0;  // 0: not known
};

// Bad from 90 %, good below 80 %.
Judgement JudgeFill(const char* condition, const char* reason, const char* of_what,
                    const std::optional<Fill>& fill);

// The readers; `root` stands before every path. Nothing: it cannot be read here.
std::optional<Fill> ReadConntrack(const std::string& root);
std::optional<Fill> ReadPids(const std::string& root);
std::optional<Fill> ReadFileHandles(const std::string& root);

class TableFill final : public Check {
 public:
  using Reader = std::optional<Fill> (*)(const std::string& root);
  struct Table {
    const char* condition;
    const char* reason;
    const char* of_what;
    Reader read;
  };
  TableFill(const Table& table, std::string root) : table_(table), root_(std::move(root)) {}
  std::vector<Judgement> Look(Mono /*now*/, const std::stop_token& /*stop*/) override {
    return {JudgeFill(table_.condition, table_.reason, table_.of_what, table_.read(root_))};
  }

 private:
  const Table table_;
  const std::string root_;
};

inline constexpr TableFill::Table kConntrackTable{kConntrackFull, "ConntrackTableNearlyFull",
                                                  "tracked connections (nf_conntrack_max)", ReadConntrack};
inline constexpr TableFill::Table kPidTable{kPidsExhausted, "PIDsNearlyExhausted",
                                            "threads (the lesser of pid_max and threads-max)", ReadPids};
inline constexpr TableFill::Table kFileTable{kFileHandlesExhausted, "FileHandlesNearlyExhausted",
                                             "open files (fs.file-max)", ReadFileHandles};

}  // namespace loadline::agent
