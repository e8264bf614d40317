// What must outlive a kill before the store has it: bytes, noted here until what they say is committed there.
//
//   notes.Load()                                // at the start: what the store may lack
//   notes.Append("\nsomething happened")        // each time, at once
//   notes.Turn(); ...commit...; notes.Forget()  // the store has what was appended before the turn
//
// A store gives it, each in its own way (Store::notes); who notes need not know which. An append waits
// neither for the disk nor for what else the store does, is locked by or hangs in: it survives a kill -9, and
// perhaps not a loss of power. A kill or a failure may leave a part of what was appended, and what is appended
// next follows it. One thread at a time, which need not be the store's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::collector {

class NoteLog {
 public:
  virtual ~NoteLog() = default;

  // What is not forgotten, in stretches: each in the order in which it was appended, they in none.
  virtual Result<std::vector<std::string>> Load() = 0;
  // kExhausted: it is full, since nobody forgets.
  virtual Result<void> Append(std::string_view bytes) = 0;
  // From here on appends go to another stretch; as long as that one is not empty, they go where they went.
  virtual void Turn() = 0;
  // Forgets what is not appended to now.
  virtual void Forget() = 0;
};

}  // namespace loadline::collector
