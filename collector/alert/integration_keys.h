// What the sections of receivers may say in Alertmanager's language, and what each kind cannot do without.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace loadline::collector {

struct IntegrationKeys {
  bool send_resolved = true;   // the default
  std::set<std::string> keys;  // those it may have
  // Of each group one key must be given, here or, with the second name, in `global`; and never two of them
  // here.
  struct Need {
    std::vector<std::string> own;
    std::vector<std::string> global;  // same order
    std::string what;                 // "a Slack URL"
    bool several = false;             // more than one may be given here
  };
  std::vector<Need> needs;
  std::vector<std::string> urls{};  // of the keys, those that hold a URL
};

// By kind ("slack"), without the _configs of the file.
const std::map<std::string, IntegrationKeys>& AllIntegrationKeys();
// The keys of `global`.
const std::set<std::string>& GlobalKeys();

}  // namespace loadline::collector
