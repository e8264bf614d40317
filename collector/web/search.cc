#include "collector/web/search.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace loadline::collector {
namespace {

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

Search::Search(const std::string& words) {
  std::istringstream in(Lower(words));
  for (std::string word; in >> word;) words_.push_back(word);
}

bool Search::Finds(std::string text) const {
  text = Lower(std::move(text));
  return std::ranges::all_of(words_,
                             [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

}  // namespace loadline::collector
