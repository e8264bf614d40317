// Quantities in the units of the field, and how people read them.
#pragma once

#include <cstdint>
#include <string>

namespace loadline {

// CPU in thousandths of a core ("250m"); memory in bytes. The names carry the unit wherever they are stored.
using MilliCores = std::int64_t;
using Bytes = std::int64_t;

inline constexpr Bytes kKiB = 1024;
inline constexpr Bytes kMiB = 1024 * kKiB;
inline constexpr Bytes kGiB = 1024 * kMiB;

// "250m", "1.5", "12": the Kubernetes form of a CPU quantity, exact.
std::string FormatCpu(MilliCores cpu);

// "734 MiB", "1.5 GiB": for people, three significant digits.
std::string FormatBytes(Bytes bytes);

// "45 s", "3 min 20 s", "2 h 5 min", "3 d 4 h": for people, two units at most.
std::string FormatSeconds(double seconds);

}  // namespace loadline
