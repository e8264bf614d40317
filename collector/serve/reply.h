// What is answered to a request.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "collector/serve/pipe.h"

namespace loadline::collector {

// What goes on being told to a client until it goes: server-sent events.
class Feed {
 public:
  virtual ~Feed() = default;
  // Asked several times a second: what is new, or "". All feeds of a server are asked by one thread.
  virtual std::string Next() = 0;
};

// Takes the next piece of a long answer, and waits while the client is too far behind. False: it is gone,
// stop.
using Writer = std::function<bool(std::string_view)>;

struct Reply {
  int status = 200;
  std::multimap<std::string, std::string> headers{};
  std::string body{};
  // Instead of `body`: writes a long answer piece by piece, called once in the thread that made the reply.
  std::function<void(const Writer&)> stream{};
  // Instead of both.
  std::unique_ptr<Feed> feed{};
  bool close = false;                   // the connection ends with it
  std::shared_ptr<const void> holds{};  // let go of when all of it is written
};

// The words for a status: "Not Found".
const char* StatusWords(int status);

}  // namespace loadline::collector
