// An HTTP server for tests that is honest about what it got and misbehaves only when told to.
//
// It listens on a loopback port of its own, keeps every request with the instant it arrived, and answers each
// with the next of the replies it was given, or with `otherwise` when there are none left.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::test {

struct SeenRequest {
  std::string method;
  std::string path;                            // with query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  Mono at{};
  int connection = 0;  // the how many-th connection it came over, from 1
};

struct Reply {
  enum class Manner {
    kProper,
    kHalf,    // promises more bytes than it sends, then closes
    kHang,    // takes the request and says nothing until the server is gone
    kSlam,    // closes the connection without a word
    kUnread,  // closes before it has read the request
  };
  int status = 200;
  std::map<std::string, std::string> headers{};
  std::string body{};
  Manner manner = Manner::kProper;
};

class HttpServer {
 public:
  // `otherwise` makes the answer to a request for which no reply was queued; it runs on the server's threads.
  explicit HttpServer(std::function<Reply(const SeenRequest&)> otherwise = {});
  ~HttpServer();

  void Queue(Reply reply);
  [[nodiscard]] std::string Url(const std::string& path = "/") const;  // http://127.0.0.1:PORT/path
  [[nodiscard]] int port() const;
  [[nodiscard]] std::vector<SeenRequest> seen() const;
  // Waits until at least `count` requests were seen, at most `patience`. Returns whether they were.
  bool WaitFor(std::size_t count, Duration patience = std::chrono::seconds(10)) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loadline::test
