// Which of many short texts stand in a line: all are looked for at once (Aho and Corasick's automaton). Each byte is a
// step forward and, in the mean, at most one back, so that nothing a log could say makes it slow.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::agent {

class AtomScanner {
 public:
  // Texts in lower case, none of them empty. Letters are found in either case.
  explicit AtomScanner(const std::vector<std::string>& atoms);

  // Goes on with the next bytes of the log, and puts the numbers of the atoms that end in them into `found`, each once.
  void Scan(std::string_view text, std::vector<int>& found);

 private:
  using State = std::uint32_t;  // 0: no atom has begun
  using Step = std::uint32_t;   // the next state, shifted, and in the lowest bit whether atoms end there
  struct Node;
  struct Order {
    std::vector<State> states;
    State shorts = 0;
  };
  struct Edge {
    Step to;
    std::uint8_t byte_class;
  };
  // Its edges and ends are those from here to where the next row's begin.
  struct Row {
    State fallback;  // where no edge goes on: the longest end of what was read that begins an atom
    std::uint32_t first_edge;
    std::uint32_t first_end;
  };

  Node& Grow(std::vector<Node>& tree, const std::string& atom) const;
  static Order LinkFallbacks(std::vector<Node>& tree);
  void Flatten(const std::vector<Node>& tree, const Order& order);
  [[nodiscard]] Row Here(State fallback) const;
  [[nodiscard]] Step Next(State from, std::uint8_t byte_class) const;

  std::array<std::uint8_t, 256> class_of_{};  // bytes that are in no atom are all alike: 0
  std::uint32_t classes_ = 1;
  // A table of where each class leads would be a megabyte for the built-in rules. Only the states in which few bytes were
  // read have one, where most of a log is; of the others most have a single edge.
  State shorts_ = 0;                     // states that have a table: those below this one
  std::vector<Step> steps_;              // a row of `classes_` for each of them
  std::vector<Row> rows_;                // of all states, and one behind the last
  std::vector<Edge> edges_;              // of those without a table
  std::vector<int> ends_;                // atoms
  std::vector<std::uint64_t> found_in_;  // by atom: the scan that has found it last
  std::uint64_t scan_ = 0;
  State at_ = 0;
};

}  // namespace loadline::agent
