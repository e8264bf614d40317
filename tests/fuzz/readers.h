// Several readers in one program, so that there are few programs to link: the first byte of an input says
// which of them reads the rest, 'a' the first one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

namespace loadline::fuzz {

using Reader = void (*)(std::string_view bytes);

// What the fuzzer holds against a reader besides crashing.
inline void Require(bool promise) {
  if (!promise) std::abort();
}

inline void Read(std::span<const Reader> readers, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const std::size_t which = static_cast<std::uint8_t>(data[0] - 'a') % readers.size();
  readers[which]({reinterpret_cast<const char*>(data + 1), size - 1});
}

// What stands before `mark`; `rest` keeps what stands after it. For readers of more than one text.
inline std::string_view Cut(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return piece;
}

}  // namespace loadline::fuzz
