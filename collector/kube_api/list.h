// All objects of one kind, asked for in pages, so that no answer is larger than need be.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "schemas/base/result.h"

namespace loadline::collector {

class KubeClient;

struct ListRequest {
  std::string path;
  std::string selector{};  // of a query, with its ampersand: "&labelSelector=a%3Db"; empty: all of them
  std::string accept = "application/json";
  int page = 500;
};

struct Listed {
  std::string version;   // resourceVersion of the whole
  bool expired = false;  // the server forgot the list while it was read: what was given is not all
};

// Gives each object to `item`, as it comes.
Result<Listed> ListAll(KubeClient& api, const ListRequest& request,
                       const std::function<void(const nlohmann::json&)>& item);

}  // namespace loadline::collector
