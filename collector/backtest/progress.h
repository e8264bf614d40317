// A progress bar on a terminal's stderr; nothing anywhere else.
#pragma once

#include <cstddef>
#include <string>

namespace loadline::collector {

class Progress {
 public:
  // `total` steps in all.
  explicit Progress(std::size_t total);
  ~Progress();  // wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // One more step is done; `what` is being worked on.
  void Step(const std::string& what);

 private:
  std::size_t total_;
  std::size_t done_ = 0;
  int shown_percent_ = -1;
  bool terminal_;
};

}  // namespace loadline::collector
