#include "collector/alert_text/template_data.h"

#include <nlohmann/json.hpp>

#include "collector/alert_text/template_time.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using Field = ValueRecord::Field;

class DataReader {
 public:
  DataReader(bool foreign, TemplateMeter& meter) : foreign_(foreign), meter_(meter) {}

  Value Data(const json& data, const std::map<std::string, MarkedText>& route_labels) {
    return Record(ValueRecord::Kind::kData,
                  {{"Receiver", "receiver", Text(data, "Receiver")},
                   {"Status", "status", Text(data, "Status")},
                   {"Alerts", "alerts", Alerts(data)},
                   {"NotificationReason", "notification_reason", Text(data, "NotificationReason")},
                   {"GroupLabels", "groupLabels", Labels(data, "GroupLabels")},
                   {"CommonLabels", "commonLabels", Labels(data, "CommonLabels")},
                   {"CommonAnnotations", "commonAnnotations", Labels(data, "CommonAnnotations")},
                   {"RouteLabels", "routeLabels", Marked(route_labels)},
                   {"ExternalURL", "externalURL", Text(data, "ExternalURL")}});
  }

 private:
  static Value Record(ValueRecord::Kind kind, std::vector<Field> fields) {
    return std::make_shared<const ValueRecord>(ValueRecord{.kind = kind, .fields = std::move(fields)});
  }
  static const json* Find(const json& in, const char* key) {
    if (!in.is_object()) return nullptr;
    const auto it = in.find(key);
    return it == in.end() ? nullptr : &*it;
  }
  MarkedText Words(const json& value) const { return MarkedText::Of(value.get<std::string>(), foreign_); }
  Value Text(const json& in, const char* key) {
    meter_.Charge(1);
    const json* value = Find(in, key);
    return TextOf(value != nullptr && value->is_string() ? Words(*value) : MarkedText());
  }
  Value Labels(const json& in, const char* key) {
    std::map<std::string, ValueMap::Entry> labels;
    const json* value = Find(in, key);
    if (value != nullptr && value->is_object()) {
      meter_.Charge(value->size());
      for (const auto& [name, text] : value->items()) {
        if (text.is_string())
          labels[name] = {.name = MarkedText::Of(name, foreign_), .value = TextOf(Words(text))};
      }
    }
    return MapOf(ValueMap::Kind::kLabels, std::move(labels));
  }
  Value Marked(const std::map<std::string, MarkedText>& texts) {
    std::map<std::string, ValueMap::Entry> entries;
    meter_.Charge(texts.size());
    for (const auto& [name, text] : texts) entries[name] = {.name = MarkedText(name), .value = TextOf(text)};
    return MapOf(ValueMap::Kind::kLabels, std::move(entries));
  }
  static Value Time(const json& in, const char* key) {
    const json* value = Find(in, key);
    const std::optional<TimeValue> time = value != nullptr && value->is_string()
                                              ? TimeFromJson(value->get_ref<const std::string&>())
                                              : std::nullopt;
    return time.value_or(TimeValue{.seconds = SecondsOf(1, 1, 1)});
  }
  Value Alerts(const json& data) {
    std::vector<Value> alerts;
    const json* list = Find(data, "Alerts");
    if (list != nullptr && list->is_array()) {
      for (const json& alert : *list) alerts.push_back(Alert(alert));
    }
    return ListOf(ValueList::Kind::kAlerts, std::move(alerts));
  }
  Value Alert(const json& alert) {
    return Record(ValueRecord::Kind::kAlert, {{"Status", "status", Text(alert, "Status")},
                                              {"Labels", "labels", Labels(alert, "Labels")},
                                              {"Annotations", "annotations", Labels(alert, "Annotations")},
                                              {"StartsAt", "startsAt", Time(alert, "StartsAt")},
                                              {"EndsAt", "endsAt", Time(alert, "EndsAt")},
                                              {"GeneratorURL", "generatorURL", Text(alert, "GeneratorURL")},
                                              {"Fingerprint", "fingerprint", Text(alert, "Fingerprint")}});
  }

  bool foreign_;
  TemplateMeter& meter_;
};

}  // namespace

Value DataOf(const json& data, const std::map<std::string, MarkedText>& route_labels, bool foreign,
             TemplateMeter& meter) {
  return DataReader(foreign, meter).Data(data, route_labels);
}

}  // namespace loadline::collector
