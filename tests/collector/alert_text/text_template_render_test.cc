#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "collector/alert_text/text_template.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

const json& Data() {
  static const json kData = json::parse(R"({
    "Receiver": "ops", "Status": "firing", "ExternalURL": "https://loadline.example",
    "CommonLabels": {"namespace": "shop", "zone": "a"},
    "Alerts": [
      {"Status": "firing", "Labels": {"pod": "a", "severity": "Sev1"}, "Annotations": {"summary": "a is slow"}},
      {"Status": "resolved", "Labels": {"pod": "b"}, "Annotations": {"summary": "b was slow"}}]})");
  return kData;
}

std::string Rendered(const std::string& text) {
  const Result<TextTemplate> parsed = TextTemplate::Parse(text);
  return parsed ? parsed->Render(Data()).value_or("too much work") : "refused: " + parsed.error().message;
}

TEST(TextTemplate, RendersWhatAlertmanagersUsersWrite) {
  const std::pair<const char*, const char*> kCases[] = {
      {"plain }} text", "plain }} text"},
      {"{{ .Status | toUpper }} in {{ .CommonLabels.namespace }}", "FIRING in shop"},
      {"{{ range .Alerts }}{{ .Labels.pod }}: {{ .Annotations.summary }}; {{ end }}",
       "a: a is slow; b: b was slow; "},
      {"{{ range .Alerts.Firing }}{{ .Labels.pod }}{{ end }}", "a"},
      {"{{ len .Alerts }} of which {{ .Alerts.Resolved | len }} resolved", "2 of which 1 resolved"},
      {"{{ if eq .Status \"firing\" }}on{{ else }}off{{ end }}", "on"},
      {"{{ if eq .Status `resolved` }}1{{ else if .CommonLabels.zone }}2{{ else }}3{{ end }}", "2"},
      {"{{ if and .Status (not .CommonLabels.missing) }}yes{{ end }}", "yes"},
      {"{{ or .CommonLabels.missing \"none\" }}", "none"},
      {"{{ range .Alerts }}{{ if ne .Status \"firing\" }}{{ $.Receiver }}{{ end }}{{ end }}", "ops"},
      {"{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}", "namespace=shop zone=a "},
      {"{{ range .GroupLabels }}x{{ else }}nothing{{ end }}", "nothing"},
      {"a  {{- /* no more */ -}}  b", "ab"},
      {"{{ \"}} in a \\\"string\\\"\" }}", "}} in a \"string\""},
      {"{{ title \"two words\" }} {{ trimSpace \" x \" }} {{ toLower \"ABC\" }}", "Two Words x abc"},
      {"{{ .CommonLabels.nothing_such }}", ""},
  };
  for (const auto& [text, expected] : kCases) EXPECT_EQ(Rendered(text), expected) << text;
}

TEST(TextTemplate, WhatIsRenderedIsBounded) {
  json data = Data();
  data["Status"] = std::string(TextTemplate::kMostRendered, 'x');
  EXPECT_LE(TextTemplate::Parse("{{ .Status }}{{ .Status }}")->Render(data)->size(),
            TextTemplate::kMostRendered);
}

json ManyAlerts(std::size_t count) {
  json data = Data();
  for (std::size_t i = 0; i < count; ++i) {
    json alert = data["Alerts"][0];
    for (int label = 0; label < 20; ++label)
      alert["Labels"]["label" + std::to_string(label)] = std::string(200, 'x');
    data["Alerts"].push_back(std::move(alert));
  }
  return data;
}

TEST(TextTemplate, ALoopOverAllAlertsThereCanBeIsNoMuchWork) {
  const json data = ManyAlerts(198);
  EXPECT_TRUE(TextTemplate::Parse("{{ range .Alerts }}{{ range .Labels.SortedPairs }}{{ .Name }}={{ .Value "
                                  "| toUpper }} {{ end }}{{ if eq .Status \"firing\" }}x{{ end }}{{ end }}")
                  ->Render(data));
  EXPECT_TRUE(TextTemplate::Parse("{{ range .Alerts.Firing }}{{ len $.Alerts }}{{ end }}")->Render(data));
}

TEST(TextTemplate, WhatIsTooMuchWorkIsGivenUp) {
  const json data = ManyAlerts(198);
  for (const char* text :
       {"{{ range .Alerts }}{{ range $.Alerts }}{{ range $.Alerts }}{{ end }}{{ end }}{{ end }}",
        "{{ range .Alerts }}{{ range $.Alerts }}{{ if eq $.Alerts $.Alerts }}{{ end }}{{ end }}{{ end }}",
        "{{ range .Alerts }}{{ range $.Alerts.Firing }}{{ range $.Alerts.Firing }}{{ end }}{{ end }}{{ end "
        "}}",
        "{{ range .Alerts }}{{ range $.Alerts }}{{ if (join \",\" $.Alerts) | toUpper }}{{ end }}{{ end }}{{ "
        "end }}"}) {
    EXPECT_EQ(TextTemplate::Parse(text)->Render(data), std::nullopt) << text;
  }
}

TEST(TextTemplate, KnowsWhatItSaysItself) {
  EXPECT_EQ(TextTemplate::Parse("a {{ .Status }} b{{ if .Status }}c{{ else }}d{{ end }}")->Literals(),
            (std::vector<std::string>{"a ", " b", "c", "d"}));
}

}  // namespace
}  // namespace loadline::collector
