#include "collector/app/command_line.h"

int main(int argc, char** argv) {
  return loadline::collector::RunCommandLine(argc, argv);
}
