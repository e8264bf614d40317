#include "collector/web/search.h"

#include <algorithm>
#include <sstream>

#include "schemas/base/text.h"

namespace loadline::collector {
Search::Search(const std::string& words) {
  std::istringstream in(InLowerCase(words));
  for (std::string word; in >> word;) words_.push_back(word);
}

bool Search::Finds(std::string text) const {
  text = InLowerCase(text);
  return std::ranges::all_of(words_,
                             [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

}  // namespace loadline::collector
