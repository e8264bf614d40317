// Notes in two files, which take turns, so that one can be emptied while the other is written. An append is
// one write.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "collector/notes/note_log.h"
#include "schemas/base/fd.h"

namespace loadline::collector {

class NoteFiles final : public NoteLog {
 public:
  // Every version has them by these names, and reads what another left in them.
  static constexpr std::array kNames = {"outcomes-0", "outcomes-1"};
  // A file that nobody empties stops growing here.
  static constexpr std::size_t kMostBytes = 16 * 1024 * 1024;

  // Once the folder is ours alone.
  static Result<std::unique_ptr<NoteFiles>> Open(const std::string& folder);

  Result<std::vector<std::string>> Load() override;
  Result<void> Append(std::string_view bytes) override;
  void Turn() override;
  void Forget() override;

 private:
  struct File {
    Fd fd;
    std::size_t bytes = 0;
  };
  using Files = std::array<File, kNames.size()>;
  explicit NoteFiles(Files files) : files_(std::move(files)) {}

  Files files_;
  std::size_t written_ = 0;  // which of them
};

}  // namespace loadline::collector
