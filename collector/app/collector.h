// The collector's process as a library: everything wired together, started and stopped.
//
//   auto collector = Collector::Start(config);
//   if (!collector) return Fail(collector.error());      // one clear line
//   ... wait for a signal ...
//   collector->reset();                                   // stops cleanly: commits, saves the model
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "collector/app/board.h"
#include "collector/config/config.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class Collector {
 public:
  // Opens the state folder, recovers, listens. The addresses are then also in `endpoints.json` in the state
  // folder. `reload` is what POST /-/reload does, see WebOptions.
  static Result<std::unique_ptr<Collector>> Start(const Config& config,
                                                  std::function<Result<void>()> reload = {});
  virtual ~Collector() = default;

  [[nodiscard]] virtual std::string agent_endpoint() const = 0;
  [[nodiscard]] virtual std::string web_url() const = 0;
  [[nodiscard]] virtual const Board& board() const = 0;
  // The database was found damaged: SIGTERM was sent to this process, whose next start begins anew.
  [[nodiscard]] virtual bool damaged() const = 0;
};

}  // namespace loadline::collector
