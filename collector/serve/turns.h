// How many long answers are made at once: reading takes no more cores than that, however many read.
//
//   Turns turns(2);
//   Turn turn(turns);            // waits until it has one
//   ... make a piece ...
//   turn.Rest([&] { pipe.Write(piece); });   // others make theirs while this one waits for its reader
#pragma once

#include <semaphore>

namespace loadline::collector {

using Turns = std::counting_semaphore<>;

class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(turns) { turns_.acquire(); }
  ~Turn() { turns_.release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Does something during which others have the turn.
  template <typename Something>
  auto Rest(Something something) {
    const Others others(turns_);
    return something();
  }

 private:
  struct Others {
    explicit Others(Turns& turns) : turns(turns) { turns.release(); }
    ~Others() { turns.acquire(); }
    Others(const Others&) = delete;
    Others& operator=(const Others&) = delete;
    Turns& turns;
  };

  Turns& turns_;
};

}  // namespace loadline::collector
