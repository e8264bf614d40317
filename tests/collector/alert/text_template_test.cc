#include "collector/alert/text_template.h"

#include <gtest/gtest.h>

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
  return parsed ? parsed->Render(Data()) : "refused: " + parsed.error().message;
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

TEST(TextTemplate, RefusesEverythingElseWithTheLine) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{{ template \"slack.title\" . }}", "line 1 of the text: 'template' is not known here"},
      {"a\nb {{ exec \"rm\" }}", "line 2 of the text: unknown function 'exec'"},
      {"{{ .Secrets }}", "line 1 of the text: there is no '.Secrets'"},
      {"{{ $x := 1 }}", "line 1 of the text: variables are not known here"},
      {"\n\n{{ if .Status }}x", "line 3 of the text: 'if' without end"},
      {"{{ end }}", "line 1 of the text: 'end' without if or range"},
      {"{{ .Status", "line 1 of the text: '{{' without '}}'"},
      {"{{ \"open }}", "line 1 of the text: '{{' without '}}'"},
      {"{{ }}", "line 1 of the text: expected one value"},
      {"{{ .Status .Receiver }}", "line 1 of the text: expected one value"},
      {"{{ (.Status }}", "line 1 of the text: a parenthesis is not closed"},
      {"{{ .Status | .Receiver }}", "line 1 of the text: only a function can take what is piped"},
      {"{{ if .Status }}{{ else }}{{ else }}{{ end }}", "line 1 of the text: a second else"},
      {"{{ .Status # }}", "line 1 of the text: '# ' is not understood"},
  };
  for (const auto& [text, expected] : kCases)
    EXPECT_EQ(Rendered(text), std::string("refused: ") + expected) << text;
}

TEST(TextTemplate, IsBoundedInDepthAndLength) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{{ if .Status }}";
  EXPECT_EQ(Rendered(deep), "refused: line 1 of the text: too deep");
  EXPECT_EQ(Rendered("{{ " + std::string(1000, '(') + " }}"), "refused: line 1 of the text: too deep");
  json data = Data();
  data["Status"] = std::string(TextTemplate::kMostRendered, 'x');
  EXPECT_LE(TextTemplate::Parse("{{ .Status }}{{ .Status }}")->Render(data).size(),
            TextTemplate::kMostRendered);
}

}  // namespace
}  // namespace loadline::collector
