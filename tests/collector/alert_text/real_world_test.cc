// Templates of the shapes that people publish, and what Alertmanager makes of them: tests/data/templates. shapes.txt has
// them, notifications.json what they are about, rendered.json what release 0.35.0 says of each, null where it
// fails; beside_alertmanager_test.py --record writes that file.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/support/render_request.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

std::string FileText(const std::string& name) {
  std::ifstream file("tests/data/templates/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Shape {
  std::string text;
  bool html = false;
};

// Divided by lines "---" or "--- html", which say what the next one is.
std::vector<Shape> Shapes() {
  std::vector<Shape> shapes(1);
  std::istringstream lines(FileText("shapes.txt"));
  std::string line;
  while (std::getline(lines, line)) {
    if (line == "---" || line == "--- html") {
      shapes.push_back({.text = {}, .html = line == "--- html"});
    } else {
      shapes.back().text += (shapes.back().text.empty() ? "" : "\n") + line;
    }
  }
  return shapes;
}

TEST(TextTemplate, WhatPeopleWriteIsFilledInAsByAlertmanager) {
  const std::vector<Shape> shapes = Shapes();
  const json notifications = json::parse(FileText("notifications.json"));
  const json rendered = json::parse(FileText("rendered.json"));
  ASSERT_GE(shapes.size(), 200U);
  ASSERT_EQ(shapes.size(), rendered.size());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (const auto& [name, expected] : rendered[i].items()) {
      const json request = {
          {"text", shapes[i].text}, {"html", shapes[i].html}, {"data", notifications.at(name)}};
      const json answer = json::parse(AnswerTo(request.dump()));
      const json said = answer.contains("said") ? answer["said"] : json();
      EXPECT_EQ(said, expected) << name << ": " << shapes[i].text << "\n" << answer.value("error", "");
    }
  }
}

}  // namespace
}  // namespace loadline::collector
