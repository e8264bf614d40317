#include "collector/alert_text/text_template.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

std::string Refusal(const std::string& text) {
  const Result<TextTemplate> parsed = TextTemplate::Parse(text);
  return parsed ? "understood" : parsed.error().message;
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
  for (const auto& [text, expected] : kCases) EXPECT_EQ(Refusal(text), expected) << text;
}

TEST(TextTemplate, IsBoundedInDepth) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{{ if .Status }}";
  EXPECT_EQ(Refusal(deep), "line 1 of the text: too deep");
  EXPECT_EQ(Refusal("{{ " + std::string(1000, '(') + " }}"), "line 1 of the text: too deep");
}

}  // namespace
}  // namespace loadline::collector
