// The table of all settings: key, meaning, range, and where the value lives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collector/config/config.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// One value of a Config and what it may be. The variant's pointers lead into the Config.
struct Setting {
  struct Text {
    std::string* value;
    std::vector<std::string> one_of = {};  // empty: anything
  };
  struct Time {
    Duration* value;
    Duration least{};
    Duration most = std::chrono::hours(24 * 3650);
  };
  struct Size {
    Bytes* value;
    Bytes least = 0;
  };
  struct Whole {
    std::int64_t* value;
    std::int64_t least = 0;
    std::int64_t most = 1'000'000'000;
  };
  struct Share {
    double* value;
    double least = 0;
    double most = 1;
  };

  struct Flag {
    bool* value;  // "true" or "false"
  };
  struct Link {
    std::string* value;  // of http or https; empty: none
  };
  struct Instant {
    std::optional<Wall>* value;  // "2026-01-01T10:00:00Z"; empty: none
  };
  struct Hosts {
    std::vector<std::string>* value;  // names of DNS, with commas between
  };
  struct RulesFor {
    std::string* value;  // as detect/rules_for.h says
  };

  std::string key;      // "store.max_size"
  std::string meaning;  // one or two sentences
  std::variant<Text, Time, Size, Whole, Share, Flag, Link, Instant, Hosts, RulesFor> value;
};

// In the order in which they are printed. `config` must outlive the table.
std::vector<Setting> Settings(Config& config);

// As it stands in the file: "10m", "8 GiB", "0.25".
std::string Format(const Setting& setting);
// Reads such text into the value; fails with what is expected instead.
Result<void> Parse(const Setting& setting, const std::string& text);

}  // namespace loadline::collector
