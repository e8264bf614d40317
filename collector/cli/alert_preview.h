// `loadlinectl alert preview RECEIVER`.
#pragma once

#include <string>

#include "collector/cli/api_client.h"

namespace loadline::collector {

struct PreviewRequest {
  std::string receiver;
  std::string alert;     // a fingerprint or a rule
  std::string example;   // a rule; both empty: ContainerOomKilled
  std::string file;      // in Alertmanager's language, to be tried before it is loaded; empty: the running
                         // collector's
  std::string page_url;  // with `file`: where links lead
  bool resolved = false;
  bool json = false;
  bool html = false;
};

struct PreviewSaid {
  std::string text;
  std::string warnings;  // of `file`: what is not used, and why
};

// What each way of the receiver would be sent. With `file` the collector is asked for the alert alone, and
// for an example not at all.
Result<PreviewSaid> AlertPreview(ApiClient& api, const PreviewRequest& request, Wall now);

}  // namespace loadline::collector
