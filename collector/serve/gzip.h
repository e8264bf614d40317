// Compresses an answer, piece by piece.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace loadline::collector {

class Gzip {
 public:
  Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip();

  // What can be sent of it so far; with `last`, all the rest.
  std::string Add(std::string_view bytes, bool last);

 private:
  z_stream stream_{};
};

}  // namespace loadline::collector
