// Several readers in one program, so that there are few programs to link: the first byte of an input says
// which of them reads the rest, 'a' the first one.
#pragma once

#include <cstdlib>
#include <span>
#include <string_view>

namespace loadline::fuzz {

using Reader = void (*)(std::string_view bytes);

// What the fuzzer holds against a reader besides crashing.
inline void Require(bool promise) {
  if (!promise) std::abort();
}

// Of this program, in their order; each fuzzer has its own.
std::span<const Reader> Readers();

// What stands before `mark`; `rest` keeps what stands after it. For readers of more than one text.
inline std::string_view Cut(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view piece = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return piece;
}

}  // namespace loadline::fuzz
