#include "schemas/base/log_lines.h"

#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace loadline {
namespace {

TEST(LogLines, AreOneAnEventWhateverSomebodyIsCalled) {
  std::ostringstream out;
  spdlog::logger logger("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger.set_formatter(LogLines());
  logger.warn("killed {}", "app\n2026-01-01T00:00:00.000Z info all is well\x1b[2J\xc2\x9b");
  EXPECT_THAT(out.str(), testing::MatchesRegex("[-0-9]{10}T[:0-9]{8}\\.[0-9]{3}Z warning killed app"
                                               "\\\\x0a2026-01-01T00:00:00.000Z info all is well"
                                               "\\\\x1b\\[2J\\\\xc2\\\\x9b\n"));
}

}  // namespace
}  // namespace loadline
