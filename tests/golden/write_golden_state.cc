// write_golden_state FOLDER: makes this release's golden state there, and prints what is shown of it.
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/golden/golden_state.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_golden_state FOLDER\n";
    return 2;
  }
  loadline::test::WriteGoldenState(argv[1]);
  std::cout << loadline::test::ShownOfState(argv[1]).dump(1) << '\n';
  return 0;
}
