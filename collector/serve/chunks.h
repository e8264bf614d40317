// The body of a request in chunks, as it comes in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loadline::collector {

class Chunks {
 public:
  enum class State { kMore, kDone, kBad };

  // Appends what the chunks in `bytes` hold to `body` and takes them away. `kBad`: cannot be read. Whoever
  // calls bounds what comes in; a size line or trailer is at most some hundred bytes.
  State Take(std::string& bytes, std::string& body);

 private:
  enum class Next { kSize, kData, kDataEnd, kTrailer };
  State TakeLine(std::string_view line);

  Next next_ = Next::kSize;
  std::size_t left_ = 0;  // of the chunk under way
  bool done_ = false;
};

}  // namespace loadline::collector
