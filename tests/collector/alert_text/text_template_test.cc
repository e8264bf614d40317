#include "collector/alert_text/text_template.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

std::string Refusal(const std::string& text) {
  const Result<TextTemplate> parsed = TextTemplate::Parse(text);
  return parsed ? "understood" : parsed.error().message;
}

TEST(TextTemplate, RefusesWhatGoRefusesWithTheLine) {
  const std::pair<const char*, const char*> kCases[] = {
      {"{{ template \"slack.title\" . }}", "line 1 of the text: no template 'slack.title'"},
      {"a\nb {{ exec \"rm\" }}", "line 2 of the text: unknown function 'exec'"},
      {"{{ $x }}", "line 1 of the text: no variable '$x'"},
      {"{{ if true }}{{ $x := 1 }}{{ end }}\n{{ $x }}", "line 2 of the text: no variable '$x'"},
      {"\n\n{{ if .Status }}x", "line 3 of the text: 'if' without end"},
      {"{{ end }}", "line 1 of the text: 'end' without if, range or with"},
      {"{{ .Status", "line 1 of the text: '{{' without '}}'"},
      {"{{ \"open }}", "line 1 of the text: a string is not closed"},
      {"{{/* open }}", "line 1 of the text: a comment is not closed"},
      {"{{ }}", "line 1 of the text: a value is missing"},
      {"{{ (.Status }}", "line 1 of the text: a parenthesis is not closed"},
      {"{{ .Status) }}", "line 1 of the text: a parenthesis is closed that was not opened"},
      {"{{ .Status | \"x\" }}", "line 1 of the text: only a function can take what is piped"},
      {"{{ if .Status }}{{ else }}{{ else }}{{ end }}", "line 1 of the text: a second else"},
      {"{{ .Status # }}", "line 1 of the text: '# }}' is not understood"},
      {"{{ break }}", "line 1 of the text: 'break' outside of range"},
      {"{{ define \"a\" }}x{{ end }}{{ define \"a\" }}y{{ end }}",
       "line 1 of the text: 'a' is defined twice"},
      {"{{ if .Status }}{{ define \"a\" }}{{ end }}{{ end }}",
       "line 1 of the text: 'define' within something else"},
      {"{{ .Status == \"firing\" }}", "line 1 of the text: '=' is not understood here"},
      {"{{ 12x }}", "line 1 of the text: 12x is not understood"},
      {"{{ $a, $b := .Status }}", "line 1 of the text: only range declares two variables"},
  };
  for (const auto& [text, expected] : kCases) EXPECT_EQ(Refusal(text), expected) << text;
}

TEST(TextTemplate, IsBoundedInDepthAndLength) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "{{ if .Status }}";
  EXPECT_EQ(Refusal(deep), "line 1 of the text: too deep");
  EXPECT_EQ(Refusal("{{ " + std::string(1000, '(') + "1" + std::string(1000, ')') + " }}"),
            "line 1 of the text: too deep");
  EXPECT_EQ(Refusal(std::string(TextTemplate::kLongest + 1, 'x')), "the text is too long");
}

// One calls the next, some thousands of them; and one calls itself.
TEST(TextTemplate, IsBoundedInCalls) {
  std::string chain;
  for (int i = 0; i < 3000; ++i)
    chain += "{{define \"" + std::to_string(i) + "\"}}{{template \"" + std::to_string(i + 1) + "\"}}{{end}}";
  chain += "{{define \"3000\"}}{{end}}{{template \"0\"}}";
  const Result<TextTemplate> long_chain = TextTemplate::Parse(chain);
  ASSERT_TRUE(long_chain) << long_chain.error().message;
  EXPECT_EQ(long_chain->Render({}).error().message,
            "line 1 of the text: templates call one another too deeply");
  const auto itself =
      TextTemplate::Parse("{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}");
  EXPECT_FALSE(itself->Render({}));
}

}  // namespace
}  // namespace loadline::collector
