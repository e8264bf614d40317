#include "agent/health/atom_scanner.h"

#include <deque>

namespace loadline::agent {
namespace {

std::uint8_t Byte(char c) {
  return static_cast<std::uint8_t>(c);
}

}  // namespace

AtomScanner::AtomScanner(const std::vector<std::string>& atoms) : ends_(1), found_in_(atoms.size()) {
  for (const std::string& atom : atoms) {
    for (const char c : atom) {
      std::uint8_t& number = class_of_[Byte(c)];
      if (number == 0) number = static_cast<std::uint8_t>(classes_++);
    }
  }
  for (char c = 'A'; c <= 'Z'; ++c) class_of_[Byte(c)] = class_of_[Byte(static_cast<char>(c - 'A' + 'a'))];

  // The atoms as a tree; no state is entered again at its root, so that 0 is "nowhere yet".
  std::vector<std::uint32_t> next(classes_);
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    std::uint32_t state = 0;
    for (const char c : atoms[i]) {
      const std::size_t edge = state * classes_ + class_of_[Byte(c)];
      if (next[edge] == 0) {
        next[edge] = static_cast<std::uint32_t>(ends_.size());
        ends_.emplace_back();
        next.resize(next.size() + classes_);
      }
      state = next[edge];
    }
    ends_[state].push_back(static_cast<int>(i));
  }

  // Breadth first: where no branch goes on, the longest end of what was read that begins an atom does.
  std::vector<std::uint32_t> fallback(ends_.size());
  std::deque<std::uint32_t> order;
  for (std::uint32_t c = 0; c < classes_; ++c)
    if (next[c] != 0) order.push_back(next[c]);
  for (; !order.empty(); order.pop_front()) {
    const std::uint32_t state = order.front();
    const std::vector<int>& shorter = ends_[fallback[state]];
    ends_[state].insert(ends_[state].end(), shorter.begin(), shorter.end());
    for (std::uint32_t c = 0; c < classes_; ++c) {
      std::uint32_t& edge = next[state * classes_ + c];
      const std::uint32_t otherwise = next[fallback[state] * classes_ + c];
      if (edge == 0) {
        edge = otherwise;
      } else {
        fallback[edge] = otherwise;
        order.push_back(edge);
      }
    }
  }

  steps_.reserve(next.size());
  for (const std::uint32_t state : next)
    steps_.push_back((state * classes_) << 1 | (ends_[state].empty() ? 0 : 1));
}

void AtomScanner::Scan(std::string_view text, std::vector<int>& found) {
  ++scan_;
  Step at = at_;
  for (const char c : text) {
    at = steps_[(at >> 1) + class_of_[Byte(c)]];
    if ((at & 1) == 0) continue;
    for (const int atom : ends_[(at >> 1) / classes_]) {
      std::uint64_t& last = found_in_[static_cast<std::size_t>(atom)];
      if (last != scan_) found.push_back(atom);
      last = scan_;
    }
  }
  at_ = at;
}

}  // namespace loadline::agent
