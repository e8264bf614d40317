// Which of many short texts stand in a line: all are looked for at once, each byte is looked at once (Aho and Corasick's
// automaton). What it costs does not depend on what the log says, so that no flood of lines makes it slow.
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
  // Where a byte leads: the row of the next state, shifted, and in the lowest bit whether atoms end there.
  using Step = std::uint32_t;

  std::array<std::uint8_t, 256> class_of_{};  // bytes that are in no atom are all alike
  std::uint32_t classes_ = 1;
  std::vector<Step> steps_;              // a row of `classes_` for each state
  std::vector<std::vector<int>> ends_;   // by state: atoms that end in it
  std::vector<std::uint64_t> found_in_;  // by atom: the scan that has found it last
  std::uint64_t scan_ = 0;
  Step at_ = 0;
};

}  // namespace loadline::agent
