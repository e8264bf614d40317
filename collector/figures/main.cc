// write_openapi OUTLINE OUT: the description of the API, as the page is built of it and as it is served.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "collector/figures/describe.h"

int main(int argc, char** argv) {
  const auto fail = [](const std::string& why) {
    std::fputs((why + '\n').c_str(), stderr);
    return 1;
  };
  if (argc != 3) return fail("usage: write_openapi OUTLINE OUT");
  std::ifstream in(argv[1]);
  const std::string outline{std::istreambuf_iterator<char>(in), {}};
  if (!in || outline.empty()) return fail(std::string(argv[1]) + ": cannot be read");
  const auto description = loadline::collector::Describe(outline);
  if (!description) return fail(std::string(argv[1]) + ": " + description.error().message);
  std::ofstream out(argv[2]);
  return (out << *description).flush() ? 0 : fail(std::string(argv[2]) + ": cannot be written");
}
