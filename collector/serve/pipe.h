// The way of an answer from the thread that makes it to the one that sends it.
//
// A maker that is further ahead of the reader than the bound waits; the sender decides how long a reader may
// take, and breaks the pipe then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace loadline::collector {

class Pipe {
 public:
  // `news` is called, without a lock held, whenever there is something to take.
  Pipe(std::size_t ahead, std::function<void()> news) : ahead_(ahead), news_(std::move(news)) {}

  // ---- for the maker

  // Waits while too much is ahead. False: the reader is gone, stop.
  bool Write(std::string_view bytes);
  // All of a ready answer, however large. Never waits.
  void Put(std::string bytes);
  // The body of the request is wanted, and nothing is answered before it is there.
  void AskForBody();
  // From here on something is written now and then, until the reader goes.
  void GoOn();
  // Like Write for one that must not wait: a reader that is too far behind is given up.
  bool Offer(std::string_view bytes);
  // Nothing more will come.
  void Finish(bool keep_alive);

  // ---- for the sender

  struct Taken {
    std::string bytes;
    bool finished = false;
    bool keep_alive = false;
    bool wants_body = false;  // said once
    bool goes_on = false;
  };
  Taken Take();
  // Whoever writes is told that nobody reads.
  void Break();

  // ---- for anybody

  // Since when the maker has waited for the reader; nothing while it does not.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> waiting_since() const;
  // The reader is to go: the sender closes the connection when it next looks.
  void GiveUp();
  [[nodiscard]] bool given_up() const;
  // Nobody reads any more.
  [[nodiscard]] bool deserted() const;

 private:
  const std::size_t ahead_;
  const std::function<void()> news_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string bytes_;
  bool finished_ = false;
  bool keep_alive_ = false;
  bool wants_body_ = false;
  bool goes_on_ = false;
  bool broken_ = false;
  bool given_up_ = false;
  std::optional<std::chrono::steady_clock::time_point> waiting_since_;
};

}  // namespace loadline::collector
