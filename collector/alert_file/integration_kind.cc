#include "collector/alert_file/integration_kind.h"

namespace loadline::collector {

KeyTypes Keys(std::initializer_list<std::pair<KeyType, std::vector<std::string>>> lists) {
  KeyTypes types;
  for (const auto& [type, keys] : lists) {
    for (const std::string& key : keys) types.emplace(key, type);
  }
  return types;
}

KeyTypes GlobalKeys(const std::vector<IntegrationKind>& spoken) {
  KeyTypes keys = Keys({{KeyType::kDuration, {"resolve_timeout"}},
                        {KeyType::kHttp, {"http_config"}},
                        {KeyType::kMapping, {"external_labels"}}});
  for (const std::vector<IntegrationKind>* kinds : {&spoken, &UnspokenKinds()}) {
    for (const IntegrationKind& kind : *kinds) keys.insert(kind.global.begin(), kind.global.end());
  }
  return keys;
}

}  // namespace loadline::collector
