// A container's usage as bytes and back, as a snapshot holds it, for tests.
#pragma once

#include <optional>
#include <string>

#include "collector/state/piece.h"
#include "collector/usage/container_usage.h"

namespace loadline::test {

inline std::string SavedUsage(const collector::ContainerUsage& usage) {
  state::Builder to;
  to.Finish(usage.Write(to));
  return {reinterpret_cast<const char*>(to.GetBufferPointer()), to.GetSize()};
}

// Nothing for bytes that cannot be read.
inline std::optional<collector::ContainerUsage> LoadedUsage(const std::string& bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!verifier.VerifyBuffer<state::fb::Usage>(nullptr)) return std::nullopt;
  return collector::ContainerUsage::Read(*flatbuffers::GetRoot<state::fb::Usage>(data));
}

}  // namespace loadline::test
