#include "collector/kube_objects/runtime_heap.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

TEST(RuntimeHeap, IsWhatTheSpecStates) {
  struct Row {
    const char* container;
    Bytes heap;
  };
  constexpr Row kRows[] = {
      {R"({})", 0},
      {R"({"command": ["java", "-Xmx512m", "-jar", "app.jar"]})", 512 * kMiB},
      {R"({"args": ["-Xms1g", "-Xmx2G"]})", 2 * kGiB},
      {R"({"command": ["sh", "-c", "exec java -Xmx1073741824 -jar app.jar"]})", kGiB},
      {R"({"args": ["-XX:MaxHeapSize=300k"]})", 300 * 1024},
      {R"({"args": ["-XX:MaxRAMPercentage=75"]})", 0},
      {R"({"env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-XX:+UseG1GC -Xmx3g"}]})", 3 * kGiB},
      {R"({"env": [{"name": "JAVA_OPTS", "value": "-Xmx1g"}], "args": ["-Xmx2g"]})", 2 * kGiB},
      {R"({"env": [{"name": "NODE_OPTIONS", "value": "--max-old-space-size=4096"}]})", 4 * kGiB},
      {R"({"args": ["node", "--max_old_space_size=100", "server.js"]})", 100 * kMiB},
      {R"({"env": [{"name": "GOMEMLIMIT", "value": "750MiB"}]})", 750 * kMiB},
      {R"({"env": [{"name": "GOMEMLIMIT", "value": "1000B"}]})", 1000},
      {R"({"env": [{"name": "GOMEMLIMIT", "value": "off"}]})", 0},
      {R"({"env": [{"name": "GOMEMLIMIT", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}}]})",
       0},
      {R"({"env": [{"name": "OTHER", "value": "-Xmx1g"}]})", 0},
      {R"({"args": ["-Xmx", "-Xmxlots", "-Xmx-5m", "-Xmx99999999999999999999g", 7]})", 0},
      {R"({"env": "no list", "args": {}})", 0},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(MaxHeapOf(nlohmann::json::parse(row.container)), row.heap) << row.container;
}

}  // namespace
}  // namespace loadline::collector
