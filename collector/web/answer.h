// What is asked and what is answered, free of sockets: the API, the metrics and the page are functions from
// one to the other.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace loadline::collector {

// The query of a URL, decoded. The first of repeated names counts.
using Query = std::map<std::string, std::string, std::less<>>;

// Takes the next piece of a long answer. False: the client is gone, stop.
using Writer = std::function<bool(std::string_view)>;

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  // Instead of `body`: writes a long answer piece by piece. Called once, in the connection's thread.
  std::function<void(const Writer&)> stream{};
  std::map<std::string, std::string> headers{};
};

// {"error": "..."} with this status.
Answer ErrorAnswer(int status, std::string_view message);

}  // namespace loadline::collector
