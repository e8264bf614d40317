#include "collector/serve/reply.h"

#include <algorithm>
#include <array>
#include <utility>

namespace loadline::collector {

const char* StatusWords(int status) {
  static constexpr std::array<std::pair<int, const char*>, 24> kWords = {{
      {200, "OK"},
      {204, "No Content"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  }};
  const auto found = std::ranges::find(kWords, status, &std::pair<int, const char*>::first);
  return found == kWords.end() || found->second == nullptr ? "Other" : found->second;
}

}  // namespace loadline::collector
