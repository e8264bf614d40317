// Which agents may come in at all: those that hold a key that they were given.
#pragma once

#include <filesystem>
#include <memory>

#include "collector/zmtp/curve_server.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class AgentKeys {
 public:
  virtual ~AgentKeys() = default;
  // Whether a client that has proven to own this public key is an agent.
  [[nodiscard]] virtual bool Admits(const zmtp::Key& client, Mono now) = 0;
};

// The keys in a folder: `*.key` holds a secret CURVE key that agents use, `*.pub` a public one, each 40
// characters of Z85 in the first line. Two of them overlap while keys are changed. The folder is looked at
// again every few seconds, and what was good stays good while it cannot be read. Fails when there is no key
// in it, naming what is wrong.
[[nodiscard]] Result<std::unique_ptr<AgentKeys>> OpenAgentKeys(std::filesystem::path folder, Mono now);

// Lets in whoever comes before `until`, and then whom `then` lets in: for agents that have no key yet. Who
// came in stays in; whether it may speak for a node is decided by its token as ever.
[[nodiscard]] std::unique_ptr<AgentKeys> AnyKeyUntil(Mono until, std::unique_ptr<AgentKeys> then);

// Writes a new secret key `agent.key` into the folder, readable by its owner only, unless there is a key
// already.
[[nodiscard]] Result<void> EnsureAgentKey(const std::filesystem::path& folder);

}  // namespace loadline::collector
