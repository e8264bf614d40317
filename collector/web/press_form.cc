#include "collector/web/press_form.h"

#include "collector/serve/client_request.h"

namespace loadline::collector {

std::optional<std::string> PayloadOf(std::string_view form) {
  constexpr std::string_view kField = "payload=";
  if (!form.starts_with(kField) || form.find('&') != std::string_view::npos) return std::nullopt;
  return PercentDecode(form.substr(kField.size()), true);
}

}  // namespace loadline::collector
