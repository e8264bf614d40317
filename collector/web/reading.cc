#include "collector/web/reading.h"

namespace loadline::collector {

std::string_view Coarse(std::string_view path) {
  std::size_t end = 0;
  for (int names = 0; names < 3 && end < path.size(); ++names) {
    end = path.find('/', end + 1);
    if (end == std::string_view::npos) return path;
  }
  return path.substr(0, end);
}

}  // namespace loadline::collector
