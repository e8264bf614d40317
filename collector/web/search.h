// The words that somebody types to find things in a list.
#pragma once

#include <string>
#include <vector>

namespace loadline::collector {

class Search {
 public:
  // `words` are separated by white space; without any, everything is found.
  explicit Search(const std::string& words);

  [[nodiscard]] bool empty() const { return words_.empty(); }
  // Whether every word is part of `text`, in any case.
  [[nodiscard]] bool Finds(std::string text) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace loadline::collector
