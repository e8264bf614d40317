// Records for the model, as an agent would send them: one window of ten seconds a call.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collector/model/saved_model.h"

namespace loadline::collector {

inline constexpr Duration kWindow = std::chrono::seconds(10);

inline Wall At(Duration after) {
  return Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}) + after;
}

inline wire::CgroupIdentity UnitIdentity(std::uint32_t ref, const std::string& unit) {
  return {.ref = ref, .kind = wire::CgroupKind::kSystemdUnit, .path = "/system.slice/" + unit, .unit = unit};
}

inline wire::CgroupIdentity PathIdentity(std::uint32_t ref, const std::string& path) {
  return {.ref = ref, .kind = wire::CgroupKind::kPlain, .path = path};
}

inline wire::ContainerWindow Busy(std::uint32_t ref, std::uint32_t cpu_us, Bytes memory) {
  wire::ContainerWindow window{.ref = ref};
  window.cpu = wire::CpuWindow{.usage_us = cpu_us};
  window.memory = wire::MemoryWindow{.current = memory, .peak = memory};
  return window;
}

// Whether the model took all of a piece.
inline bool Restored(Model& model, std::string_view piece) {
  LeftOut left_out;
  RestoreModel(model, piece, left_out);
  return left_out.unknown + left_out.damaged == 0;
}

// One agent, speaking to one model.
class AgentFeed {
 public:
  AgentFeed(Model& model, std::string node, std::uint64_t epoch = 1)
      : model_(&model), node_(std::move(node)), epoch_(epoch) {}

  // The window that ends at `end`, received half a second later.
  Applied Report(Duration end, std::vector<wire::ContainerWindow> containers,
                 std::vector<wire::CgroupIdentity> identities = {}, std::vector<std::uint32_t> gone = {}) {
    wire::Report report;
    report.window_end_ns = At(end).time_since_epoch().count();
    report.window_start_ns = At(end - kWindow).time_since_epoch().count();
    report.identities = std::move(identities);
    report.gone = std::move(gone);
    report.containers = std::move(containers);
    return Send({.sequence = sequence_ + 1, .body = std::move(report)}, end + std::chrono::milliseconds(500));
  }
  Applied Kill(Duration at, wire::OomKill kill) {
    kill.at_ns = At(at).time_since_epoch().count();
    return Send({.sequence = sequence_ + 1, .body = wire::Event(std::move(kill))}, at);
  }
  Applied Send(const wire::Record& record, Duration received) {
    sequence_ = record.sequence;
    return model_->Apply({node_, boot_, epoch_, At(received), record});
  }
  void SpeakTo(Model& model) { model_ = &model; }
  // The node boots, and its agent starts anew.
  void Boot(std::string boot_id) {
    boot_ = std::move(boot_id);
    ++epoch_;
    sequence_ = 0;
  }

 private:
  Model* model_;
  std::string node_;
  std::string boot_ = "boot";
  std::uint64_t epoch_;
  std::uint64_t sequence_ = 0;
};

}  // namespace loadline::collector
