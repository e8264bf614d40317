// One connection, as the server's loop has it: what it is waiting for, and since when.
//
//   head -> (made by a worker) -> head -> ...            a request without a body
//   head -> made -> body -> made -> ...                  one whose body is wanted
//   ... -> lingering                                     told to go; what it still sends is thrown away
//
// For the loop's thread alone; only the pipe is shared, with the worker that makes the answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "collector/serve/chunks.h"
#include "collector/serve/client_request.h"
#include "collector/serve/limits.h"
#include "collector/serve/pipe.h"
#include "collector/serve/transport.h"

namespace loadline::collector {

// What all connections of a server hold together.
struct Held {
  std::size_t bodies = 0;
  std::size_t answers = 0;
};

class Client {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Waits { kForHead, kForBody, kForAnswer, kForReader, kForNews, kForEnd };
  // What the loop is to do next; kLookAgain: call News once the others have had their turn.
  enum class Next { kNothing, kMake, kLookAgain, kClose };

  // `limits` and `held` outlive it.
  Client(std::unique_ptr<Transport> transport, std::string peer, const ConnectionLimits& limits, Held& held,
         Time now);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  [[nodiscard]] int fd() const { return transport_->fd(); }
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] Waits waits() const { return waits_; }
  // Since when it is in this state.
  [[nodiscard]] Time since() const { return since_; }
  // Nobody but the client itself is kept waiting by its end.
  [[nodiscard]] bool idle() const { return waits_ != Waits::kForAnswer && waits_ != Waits::kForNews; }
  // An answer is being made or taken that is made at once, and moves.
  [[nodiscard]] bool ends_soon() const {
    return (waits_ == Waits::kForAnswer || waits_ == Waits::kForReader) && answer_bytes() == 0;
  }
  [[nodiscard]] std::size_t answer_bytes() const { return out_.size() - sent_; }
  // The events of epoll that it waits for.
  [[nodiscard]] std::uint32_t events() const;

  // The socket has something, or takes something.
  Next Readable(Time now);
  Next Writable(Time now);
  // The pipe has something.
  Next News(Time now);
  // After kMake: what is to be answered, and where to. The body is there, or has not been asked for.
  std::shared_ptr<const ClientRequest> Begin(std::shared_ptr<Pipe> pipe, Time now);
  [[nodiscard]] bool body_is_open() const { return body_.any() && !body_taken_; }
  // Answered by the loop itself, and closed then.
  Next Refuse(int status, const char* message, Time now);

  // Why it has had its time, or null: a word for a counter.
  [[nodiscard]] const char* Overdue(Time now) const;
  // Why it was closed, where that was its own doing: a word for a counter, or null.
  [[nodiscard]] const char* fault() const { return fault_; }

 private:
  Next Advance(Time now);
  Next ReadHead(Time now);
  Next ReadBody(Time now);
  Next Send(Time now);
  Next Sent(Time now);
  Next Linger(Time now);
  void Wait(Waits what, Time now);
  void CountBody();
  void CountAnswer();

  std::unique_ptr<Transport> transport_;
  const std::string peer_;
  const ConnectionLimits& limits_;
  Held& held_;
  Waits waits_ = Waits::kForHead;
  Time since_;
  Time began_;      // the first byte of the head, or of the body
  Time moved_;      // the last byte that the reader took
  std::string in_;  // what was read and not yet understood
  std::shared_ptr<ClientRequest> request_;
  BodyFraming body_;
  bool body_taken_ = false;
  Chunks chunks_;
  std::string taken_;  // of the body
  std::shared_ptr<Pipe> pipe_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  std::size_t body_counted_ = 0;
  std::size_t answer_counted_ = 0;
  bool finished_ = false;  // nothing comes after out_
  bool keep_alive_ = false;
  bool ended_ = false;  // the other side says nothing more
  int answered_ = 0;
  const char* fault_ = nullptr;
};

}  // namespace loadline::collector
