#include "collector/serve/chunks.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace loadline::collector {
namespace {

constexpr std::size_t kLongestLine = 1024;
// No chunk is so large; with more digits the number would not fit.
constexpr std::size_t kMostDigits = 8;

}  // namespace

Chunks::State Chunks::TakeLine(std::string_view line) {
  if (next_ == Next::kDataEnd) {
    next_ = Next::kSize;
    return line.empty() ? State::kMore : State::kBad;
  }
  if (next_ == Next::kTrailer) {
    done_ = line.empty();
    return State::kMore;
  }
  const std::string_view digits = line.substr(0, line.find_first_of(" \t;"));
  std::uint32_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || digits.size() > kMostDigits || error != std::errc() ||
      end != digits.data() + digits.size())
    return State::kBad;
  left_ = size;
  next_ = size == 0 ? Next::kTrailer : Next::kData;
  return State::kMore;
}

Chunks::State Chunks::Take(std::string& bytes, std::string& body) {
  std::size_t taken = 0;
  State state = State::kMore;
  while (!done_ && state == State::kMore) {
    const std::string_view rest = std::string_view(bytes).substr(taken);
    if (next_ == Next::kData) {
      const std::size_t count = std::min(left_, rest.size());
      body.append(rest.substr(0, count));
      taken += count;
      left_ -= count;
      if (left_ > 0) break;
      next_ = Next::kDataEnd;
      continue;
    }
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) {
      if (rest.size() > kLongestLine) state = State::kBad;
      break;
    }
    state = end > kLongestLine ? State::kBad : TakeLine(rest.substr(0, end));
    taken += end + 2;
  }
  bytes.erase(0, taken);
  return done_ ? State::kDone : state;
}

}  // namespace loadline::collector
