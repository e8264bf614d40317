// Compresses an answer, piece by piece.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace loadline::collector {

class GzipStream {
 public:
  GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream();

  // What can be sent of it so far; with `last`, all the rest.
  std::string Add(std::string_view bytes, bool last);

 private:
  z_stream stream_{};
};

}  // namespace loadline::collector
