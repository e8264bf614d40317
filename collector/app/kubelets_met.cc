#include "collector/app/kubelets_met.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "schemas/base/foreign_json.h"

namespace loadline::collector {

using nlohmann::json;

std::string KubeletBytes(const KubeletMet& met) {
  return json{{"address", met.address}, {"port", met.port}, {"answered", met.answered}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

std::optional<KubeletMet> ReadKubelet(std::string node, std::string_view bytes) {
  const json read = ParseForeign(bytes);
  if (!read.is_object()) return std::nullopt;
  const auto address = read.find("address");
  const auto port = read.find("port");
  const auto answered = read.find("answered");
  if (address == read.end() || !address->is_string() || port == read.end() || !port->is_number_unsigned() ||
      *port > UINT16_MAX)
    return std::nullopt;
  return KubeletMet{.node = std::move(node),
                    .address = address->get<std::string>(),
                    .port = port->get<std::uint16_t>(),
                    .answered = answered != read.end() && *answered == true};
}

}  // namespace loadline::collector
