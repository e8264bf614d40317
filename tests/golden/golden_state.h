// One state folder with something of everything that a collector keeps, and what is shown of it.
//
// Each release writes one once, into tests/data/state (docs/contributing.md says how); every later one reads
// them all. The figures in it are made up, its instants lie at the beginning of 2026.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace loadline::test {

// Makes the folder's files as a collector of this version leaves them when it ends.
void WriteGoldenState(const std::string& folder);

// What a collector of this version shows that was started on the folder, an hour after its last record. It
// saves what it knows when it ends.
nlohmann::ordered_json ShownOfState(const std::string& folder);

}  // namespace loadline::test
