#include <cstddef>
#include <cstdint>

#include "tests/fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto readers = loadline::fuzz::Readers();
  const std::size_t which = static_cast<std::uint8_t>(data[0] - 'a') % readers.size();
  readers[which]({reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
