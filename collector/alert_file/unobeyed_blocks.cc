#include "collector/alert_file/unobeyed_blocks.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <set>

#include "collector/alert_file/http_checks.h"
#include "collector/alert_file/route_config.h"

namespace loadline::collector {
namespace {

bool IsNumber(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
}

void CheckTracing(const YAML::Node& node) {
  YamlMap map(node, "tracing");
  const std::string type = map.Text("client_type", "grpc");
  if (type != "grpc" && type != "http")
    map.Fail("client_type", fmt::format("'{}' is neither grpc nor http", type));
  if (map.Text("endpoint").empty()) map.Fail("it needs an endpoint");
  const std::string fraction = map.Text("sampling_fraction", "0");
  if (!IsNumber(fraction) || (map.Has("sampling_fraction") && IsQuoted(map.node()["sampling_fraction"])))
    map.Fail("sampling_fraction", fmt::format("'{}' is no number", fraction));
  (void)map.Flag("insecure", false);
  const std::string compression = map.Text("compression");
  if (!compression.empty() && compression != "gzip")
    map.Fail("compression", fmt::format("'{}' is not gzip", compression));
  (void)ReadDuration(map, "timeout", {});
  CheckTlsConfig(map.Take("tls_config"), "tracing: tls_config");
  YamlMap headers(map.Take("headers"), "tracing: headers");
  for (const auto& entry : headers.node()) {
    YamlMap header(entry.second, headers.what() + ": " + entry.first.Scalar());
    for (const char* key : {"values", "secrets", "files"}) (void)header.Texts(key);
    header.Finish();
  }
  map.Finish();
}

void CheckEventRecorder(const YAML::Node& node) {
  YamlMap map(node, "event_recorder");
  for (const char* outputs : {"file_outputs", "webhook_outputs", "kafka_outputs", "stdout_outputs"}) {
    std::set<std::string> names;
    for (const YAML::Node& output : map.List(outputs)) {
      const std::string name = YamlMap(output, fmt::format("event_recorder: {}", outputs)).Text("name");
      if (name.empty()) map.Fail(outputs, "an output needs a name");
      if (!names.insert(name).second) map.Fail(outputs, fmt::format("'{}' twice", name));
    }
  }
  map.Finish();
}

}  // namespace

void ReadUnobeyedBlocks(YamlMap& top, std::vector<std::string>& warnings) {
  struct Block {
    const char* key;
    void (*check)(const YAML::Node& node);
  };
  for (const Block& block : {Block{"tracing", CheckTracing}, Block{"event_recorder", CheckEventRecorder}}) {
    const YAML::Node node = top.Take(block.key);
    if (!node.IsDefined() || node.IsNull()) continue;
    if (!node.IsMap()) top.Fail(block.key, "expected a mapping");
    block.check(node);
    warnings.push_back(fmt::format("line {}: {} is not obeyed here", node.Mark().line + 1, block.key));
  }
}

}  // namespace loadline::collector
