// Fills in templates as the collector does, in the words of tests/support/alertmanager_templates/main.go: a request a
// line on standard input, what came of it a line on standard output.
#include <iostream>
#include <memory>
#include <string>

#include "tests/support/render_request.h"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << loadline::collector::AnswerTo(line) << "\n";
}
