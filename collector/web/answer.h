// What is asked and what is answered, free of sockets: the API, the metrics and the page are functions from
// one to the other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "collector/serve/reply.h"

namespace loadline::collector {

// The query of a URL, decoded. The first of repeated names counts.
using Query = std::map<std::string, std::string, std::less<>>;

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  // Instead of `body`: writes a long answer piece by piece. Called once, in the connection's thread.
  std::function<void(const Writer&)> stream{};
  // Instead of both: goes on until the client goes.
  std::unique_ptr<Feed> feed{};
  std::map<std::string, std::string> headers{};
  // Let go of when all of it is written.
  std::shared_ptr<const void> holds{};
};

// {"error": "..."} with this status.
Answer ErrorAnswer(int status, std::string_view message);

}  // namespace loadline::collector
