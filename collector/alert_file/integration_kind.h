// What sections of receivers of one kind may say in Alertmanager's language, and what each kind cannot do
// without.
//
// A kind that is spoken here has its description beside its sink (collector/sink/sink_kind.h); those of
// Alertmanager that are not are rows of unspoken_kinds.cc. Who reads a file is given the spoken ones: alert/
// knows none by name.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/alert_file/yaml_reader.h"
#include "collector/alert_text/template_set.h"

namespace loadline::collector {

// What a key holds. From it follow how its value is checked and whether others may see it.
enum class KeyType {
  kText,      // any words
  kMapping,   // of names to single values
  kTree,      // a mapping of whatever
  kList,      // of whatever
  kAny,       // what its reader makes of it
  kTemplate,  // a text of a message, with {{ ... }}
  kTexts,     // lists or mappings of such texts
  kSecret,    // never shown
  kUrl,       // http or https; of it only the host is shown, for the path of a webhook is its secret
  kLink,      // any URL, or a text that becomes one; shown as a URL is
  kFile,      // the name of a file
  kHostPort,  // "mail.example:587"
  kFlag,
  kDuration,  // as Prometheus has them
  kTimeout,   // a duration as Go has them
  kWhole,     // a whole number
  kCount,     // one that is not below zero
  kHeaders,  // a mapping that goes out as it is: values are never shown, but for those of a mail's that all see
  kHttp,     // Alertmanager's http_config
  kTls,      // Alertmanager's tls_config
};
using KeyTypes = std::map<std::string, KeyType>;
// Each key with the type before its list: a key cannot be without one.
KeyTypes Keys(std::initializer_list<std::pair<KeyType, std::vector<std::string>>> lists);

// The single values of a section, those of inner mappings and lists as "outer.inner", or of `global`.
using KeyValues = std::map<std::string, std::string>;

// Of each group one key must be given, here or, with the second name, in `global`; and never two of them
// here.
struct KeyNeed {
  std::vector<std::string> own;
  std::vector<std::string> global;  // same order; empty names: `global` has none
  std::string what;      // what is said when there is none: "missing chat"; empty: there may be none
  bool several = false;  // more than one may be given here
};

// A key, and what is wrong with what it says.
using KeyDoubt = std::pair<std::string, std::string>;

struct IntegrationKind {
  std::string name;           // "slack", without the _configs of the file
  bool send_resolved = true;  // the default
  KeyTypes keys;              // those that it may have, beside send_resolved
  std::vector<KeyNeed> needs{};
  KeyTypes global{};  // the keys of `global` that are for it
  // Beyond all that; both throw ConfigFault. `values` have what `global` gives.
  std::function<void(const YamlMap& section, const KeyValues& values)> check{};
  std::function<void(const YamlMap& global, const KeyValues& values)> check_global{};
  // The other side takes alerts one by one: it gets all of a group, or as many as `max_alerts` says.
  bool one_by_one = false;
  // Of tls_config ("tls_config.ca_file"), what it obeys. The rest is accepted, with a warning.
  std::set<std::string> obeyed{};
  // Of the other keys, those that nothing here obeys: accepted, with a warning. Those of inner mappings as
  // "fields.0.title".
  bool (*ignores)(const std::string& key) = nullptr;
  // What will not work, though Alertmanager takes it: accepted, with a warning. `templates`: what texts may call.
  std::vector<KeyDoubt> (*doubts)(const KeyValues& values, const TemplateSetPtr& templates) = nullptr;
};

// Those of Alertmanager's that are not spoken here: what makes it refuse a file is refused all the same.
const std::vector<IntegrationKind>& UnspokenKinds();

// The keys of `global` of all kinds, and those of none.
KeyTypes GlobalKeys(const std::vector<IntegrationKind>& spoken);

}  // namespace loadline::collector
