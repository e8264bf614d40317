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
  if (!parsed) return "refused: " + parsed.error().message;
  const Result<std::string> said = parsed->Render({.values = Data()});
  return said ? *said : "fails: " + said.error().message;
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

TEST(TextTemplate, LabelsOfTheRouteAreTemplatesThatMayAskForOneAnother) {
  const TextData data{.values = Data(),
                      .route_labels = {{"team", "ops"},
                                       {"why", "{{ .Status }} in {{ .CommonLabels.zone }}"},
                                       {"whole", "{{ routeLabels \"why\" }} for {{ .RouteLabels.why }}"},
                                       {"itself", "{{ routeLabels \"other\" }}"},
                                       {"other", "{{ routeLabels \"itself\" }}"},
                                       {"broken", "{{ index .Alerts 9 }}"},
                                       {"reason", "{{ .NotificationReason }}"}}};
  const auto said = [&](const std::string& text) { return *TextTemplate::Parse(text)->Render(data); };
  EXPECT_EQ(said("{{ .RouteLabels.team }} {{ routeLabels \"why\" }}"), "ops firing in a");
  EXPECT_EQ(said("{{ routeLabels \"whole\" }}"), "firing in a for {{ .Status }} in {{ .CommonLabels.zone }}")
      << "as Alertmanager has it: asked for by name they are filled in, as data they are not yet";
  EXPECT_EQ(said("<{{ routeLabels \"itself\" }}{{ routeLabels \"broken\" }}{{ routeLabels \"none\" }}>"),
            "<>");
  EXPECT_EQ(said("{{ len .RouteLabels }} {{ routeLabels \"reason\" }}"), "4 unknown");
  const auto filled = FilledRouteLabels(data, TemplateSet::BuiltIn());
  EXPECT_EQ(filled.at("why"), "firing in a");
  EXPECT_FALSE(filled.contains("itself"));
}

// Who runs the collector wrote them, and may address a channel; what stands in alerts may not.
TEST(TextTemplate, InLabelsOfTheRouteWhatStrangersWroteStaysTheirs) {
  const TextData data{.values = Data(),
                      .escape = [](std::string_view words) { return "[" + std::string(words) + "]"; },
                      .route_labels = {{"to", "<!here> {{ .CommonLabels.namespace }}"}}};
  EXPECT_EQ(*TextTemplate::Parse("{{ .RouteLabels.to }}")->Render(data), "<!here> [shop]");
  EXPECT_EQ(*TextTemplate::Parse("{{ routeLabels \"to\" | toUpper }}")->Render(data), "<!HERE> [SHOP]");
}

TEST(TextTemplate, WhatIsRenderedIsBounded) {
  json data = Data();
  data["Status"] = std::string(TextTemplate::kMostRendered, 'x');
  EXPECT_LE(TextTemplate::Parse("{{ .Status }}{{ .Status }}")->Render({.values = data})->size(),
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
                  ->Render({.values = data}));
  EXPECT_TRUE(
      TextTemplate::Parse("{{ range .Alerts.Firing }}{{ len $.Alerts }}{{ end }}")->Render({.values = data}));
}

TEST(TextTemplate, WhatIsTooMuchWorkIsGivenUp) {
  const json data = ManyAlerts(198);
  for (const char* text :
       {"{{ range .Alerts }}{{ range $.Alerts }}{{ range $.Alerts }}{{ end }}{{ end }}{{ end }}",
        "{{ range .Alerts }}{{ range $.Alerts }}{{ if eq (print $.Alerts) \"\" }}{{ end }}{{ end }}{{ end }}",
        "{{ range 1000000000 }}{{ end }}",
        "{{ $x := \"x\" }}{{ range 100 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}",
        "{{ $x := list 1 2 }}{{ range 25 }}{{ $x = list $x $x }}{{ end }}{{ $x }}",
        "{{ $l := list }}{{ range 500 }}{{ $l = append $l 1 }}{{ end }}{{ range 100 }}{{ printf \"%9999d\" "
        "$l }}{{ end }}",
        "{{ $x := printf \"%9999s\" \"\" }}{{ range 100 }}{{ reReplaceAll \"\" $x $x }}{{ end }}",
        "{{ $x := printf \"%9999s\" \"\" }}{{ $r := reReplaceAll \" \" \"$$0\" $x }}{{ reReplaceAll \".*\" "
        "$r $x }}",
        "{{ range $i := 1000 }}{{ if match (print \"a\" $i) \"b\" }}{{ end }}{{ end }}",
        "{{ range 100000 }}{{ if match \"(a|b|c)*d{1,100}\" $.Status }}{{ end }}{{ end }}",
        "{{ range .Alerts }}{{ range $.Alerts.Firing }}{{ range $.Alerts.Firing }}{{ end }}{{ end }}{{ end "
        "}}",
        "{{ range .Alerts }}{{ range $.Alerts }}{{ if (join \",\" $.Alerts) | toUpper }}{{ end }}{{ end }}{{ "
        "end }}"}) {
    const Result<std::string> said = TextTemplate::Parse(text)->Render({.values = data});
    ASSERT_FALSE(said) << text;
    EXPECT_TRUE(said.error().message.ends_with("it takes too much work")) << said.error().message;
  }
}

std::string Braced(std::string_view text) {
  return "[" + std::string(text) + "]";
}

// Whatever a function makes of them; and what the template says itself is not.
TEST(TextTemplate, StrangersWordsAreEscapedWhereverTheyEndUp) {
  json data = Data();
  data["CommonLabels"] = {{"a", "%3C!channel%3E"}, {"b", "x<y"}, {"<c>", "d"}};
  const std::pair<const char*, const char*> kCases[] = {
      {"<b>{{ .CommonLabels.b }}</b>", "<b>[x<y]</b>"},
      {"{{ urlUnescape .CommonLabels.a }}", "[<!channel>]"},
      {"{{ printf \"<%s|%s>\" .CommonLabels.b \"x\" }}", "<[x<y]|x>"},
      {"{{ printf \"%6s|%q\" .CommonLabels.b .CommonLabels.b }}", "[   x<y]|[\"x<y\"]"},
      {"{{ reReplaceAll \"<(.)\" \"-$1-\" .CommonLabels.b }}", "[x]-[y]-"},
      {"{{ join \"<\" (list .CommonLabels.b \"o\") }}", "[x<y]<o"},
      {"{{ slice .CommonLabels.b 1 }}{{ .CommonLabels.b | toUpper }}", "[<yX<Y]"},
      {"{{ range $k, $v := .CommonLabels }}{{ $k }}{{ break }}{{ end }}", "[<c>]"},
      {"{{ .CommonLabels.b | safeHtml }}{{ .CommonLabels.b | html }}", "[x<yx]&lt;[y]"},
      {"{{ (dict .CommonLabels.b \"v\") }}", "map[[x<y]:v]"},
      {"{{ base64decode (base64encode .CommonLabels.b) }}", "[x<y]"},
      {"{{ if eq .CommonLabels.b \"x<y\" }}as it was{{ end }}", "as it was"},
      {"{{ .CommonLabels.b | toJson }}", "\"[x\\u003cy]\""},
  };
  for (const auto& [text, expected] : kCases) {
    const auto parsed = TextTemplate::Parse(text);
    ASSERT_TRUE(parsed) << text << parsed.error().message;
    EXPECT_EQ(parsed->Render({.values = data, .escape = Braced}).value_or("fails"), expected) << text;
  }
}

// In HTML every value stays a value, and what is marked as safe is so of the template's own words alone.
TEST(TextTemplate, InHtmlStrangersWordsAreNoMarkup) {
  json data = Data();
  data["CommonLabels"] = {{"b", "<i>'x'"}, {"url", "javascript:alert(1)"}, {"on", "\" onclick=\"x"}};
  const auto same = [](std::string_view text) { return std::string(text); };
  const std::pair<const char*, const char*> kCases[] = {
      {"<p>{{ .CommonLabels.b }}</p>", "<p>&lt;i&gt;&#39;x&#39;</p>"},
      {"<p>{{ .CommonLabels.b | safeHtml }}{{ \"<hr>\" | safeHtml }}</p>", "<p>&lt;i&gt;&#39;x&#39;<hr></p>"},
      {"<a href=\"{{ .CommonLabels.url }}\">{{ .CommonLabels.url | safeUrl }}</a>",
       "<a href=\"#ZgotmplZ\">javascript:alert(1)</a>"},
      {"<a href=\"{{ .CommonLabels.url | safeUrl }}\"></a>", "<a href=\"#ZgotmplZ\"></a>"},
      {"<b title={{ .CommonLabels.on }}></b>", "<b title=&#34;&#32;onclick&#61;&#34;x></b>"},
      {"<b {{ .CommonLabels.on }}></b>", "<b ZgotmplZ></b>"},
      {"<script>{{ .CommonLabels.b }}</script>", "fails"},
      {"<!-- {{ .CommonLabels.b }} -->", ""},
  };
  for (const auto& [text, expected] : kCases)
    EXPECT_EQ(TextTemplate::Parse(text)->RenderHtml({.values = data, .escape = same}).value_or("fails"),
              expected)
        << text;
}

TEST(TextTemplate, KnowsWhatItSaysItself) {
  EXPECT_EQ(TextTemplate::Parse("a {{ .Status }} b{{ if .Status }}c{{ else }}d{{ end }}")->Literals(),
            (std::vector<std::string>{"a ", " b", "c", "d"}));
}

}  // namespace
}  // namespace loadline::collector
