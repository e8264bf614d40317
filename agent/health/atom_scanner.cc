#include "agent/health/atom_scanner.h"

#include <algorithm>
#include <utility>

namespace loadline::agent {
namespace {

// Longer beginnings of atoms are rare in a log, and many in the tree.
constexpr int kShort = 5;

std::uint8_t Byte(char c) {
  return static_cast<std::uint8_t>(c);
}

}  // namespace

// The atoms as a tree, while it grows.
struct AtomScanner::Node {
  std::vector<std::pair<std::uint8_t, State>> edges;  // class, and where it leads
  std::vector<int> ends;
  State fallback = 0;
  int depth = 0;

  [[nodiscard]] State To(std::uint8_t byte_class) const {
    for (const auto& [edge_class, to] : edges)
      if (edge_class == byte_class) return to;
    return 0;
  }
};

AtomScanner::AtomScanner(const std::vector<std::string>& atoms) : found_in_(atoms.size()) {
  for (const std::string& atom : atoms) {
    for (const char c : atom) {
      std::uint8_t& number = class_of_[Byte(c)];
      if (number == 0) number = static_cast<std::uint8_t>(classes_++);
    }
  }
  for (char c = 'A'; c <= 'Z'; ++c) class_of_[Byte(c)] = class_of_[Byte(static_cast<char>(c - 'A' + 'a'))];

  std::vector<Node> tree(1);
  for (std::size_t i = 0; i < atoms.size(); ++i) Grow(tree, atoms[i]).ends.push_back(static_cast<int>(i));
  const Order order = LinkFallbacks(tree);
  Flatten(tree, order);
}

AtomScanner::Node& AtomScanner::Grow(std::vector<Node>& tree, const std::string& atom) const {
  State at = 0;
  for (const char c : atom) {
    const std::uint8_t byte_class = class_of_[Byte(c)];
    State next = tree[at].To(byte_class);
    if (next == 0) {
      next = static_cast<State>(tree.size());
      tree[at].edges.emplace_back(byte_class, next);
      tree.emplace_back();
    }
    at = next;
  }
  return tree[at];
}

// Breadth first, so that what a state falls back to, which is shorter, has all of its ends already. Gives that order, and
// how many of it are short.
AtomScanner::Order AtomScanner::LinkFallbacks(std::vector<Node>& tree) {
  Order order{.states = {0}};
  for (std::size_t i = 0; i < order.states.size(); ++i) {
    const State from = order.states[i];
    for (const auto& [byte_class, to] : tree[from].edges) {
      order.states.push_back(to);
      tree[to].depth = tree[from].depth + 1;
      if (from == 0) continue;
      State shorter = tree[from].fallback;
      while (shorter != 0 && tree[shorter].To(byte_class) == 0) shorter = tree[shorter].fallback;
      tree[to].fallback = tree[shorter].To(byte_class);
      const std::vector<int>& also = tree[tree[to].fallback].ends;
      tree[to].ends.insert(tree[to].ends.end(), also.begin(), also.end());
    }
    if (tree[from].depth <= kShort) ++order.shorts;
  }
  return order;
}

// States are numbered anew, in their order.
void AtomScanner::Flatten(const std::vector<Node>& tree, const Order& order) {
  std::vector<Step> step_to(tree.size());
  for (State number = 0; number < order.states.size(); ++number) {
    const State node = order.states[number];
    step_to[node] = number << 1 | (tree[node].ends.empty() ? 0 : 1);
  }
  shorts_ = order.shorts;
  steps_.resize(std::size_t{shorts_} * classes_);
  rows_.reserve(tree.size() + 1);
  for (State number = 0; number < order.states.size(); ++number) {
    const Node& node = tree[order.states[number]];
    const State fallback = step_to[node.fallback] >> 1;
    rows_.push_back(Here(fallback));
    if (number < shorts_) {
      Step* const row = &steps_[number * classes_];
      if (number > 0) std::copy_n(&steps_[fallback * classes_], classes_, row);
      for (const auto& [byte_class, to] : node.edges) row[byte_class] = step_to[to];
    } else {
      for (const auto& [byte_class, to] : node.edges) edges_.push_back({step_to[to], byte_class});
    }
    ends_.insert(ends_.end(), node.ends.begin(), node.ends.end());
  }
  rows_.push_back(Here(0));
}

AtomScanner::Row AtomScanner::Here(State fallback) const {
  return {.fallback = fallback,
          .first_edge = static_cast<std::uint32_t>(edges_.size()),
          .first_end = static_cast<std::uint32_t>(ends_.size())};
}

AtomScanner::Step AtomScanner::Next(State from, std::uint8_t byte_class) const {
  for (; from >= shorts_; from = rows_[from].fallback) {
    const std::uint32_t end = rows_[from + 1].first_edge;
    for (std::uint32_t edge = rows_[from].first_edge; edge < end; ++edge)
      if (edges_[edge].byte_class == byte_class) return edges_[edge].to;
  }
  return steps_[from * classes_ + byte_class];
}

void AtomScanner::Scan(std::string_view text, std::vector<int>& found) {
  ++scan_;
  State at = at_;
  for (const char c : text) {
    const Step step = Next(at, class_of_[Byte(c)]);
    at = step >> 1;
    if ((step & 1) == 0) continue;
    const std::uint32_t end = rows_[at + 1].first_end;
    for (std::uint32_t i = rows_[at].first_end; i < end; ++i) {
      std::uint64_t& last = found_in_[static_cast<std::size_t>(ends_[i])];
      if (last != scan_) found.push_back(ends_[i]);
      last = scan_;
    }
  }
  at_ = at;
}

}  // namespace loadline::agent
