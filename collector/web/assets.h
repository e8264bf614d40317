// The files of the page, and openapi.yaml, as they were when this program was built.
#pragma once

#include <span>
#include <string_view>

namespace loadline::collector {

struct Asset {
  std::string_view path;  // "/", "/page.js"
  std::string_view content_type;
  std::string_view etag;  // with quotes; another one whenever a byte is another
  std::string_view bytes;
  std::string_view gzip;  // the same, compressed
};

// Static: never changes, lives as long as the program.
std::span<const Asset> Assets();

}  // namespace loadline::collector
