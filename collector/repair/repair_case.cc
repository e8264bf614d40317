#include "collector/repair/repair_case.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "collector/state/piece.h"

namespace loadline::collector {

namespace fb = state::fb;

namespace {

// Whether a number that was saved is one of `count` values of an enum.
template <typename Enum>
bool Read(std::uint8_t number, std::size_t count, Enum& value) {
  value = static_cast<Enum>(number);
  return number < count;
}

constexpr std::size_t kModes = 4;
constexpr std::size_t kStates = 8;

}  // namespace

const char* Name(RepairMode mode) {
  static constexpr std::array<const char*, kModes> kNames = {"off", "dry-run", "ask", "auto"};
  return kNames.at(static_cast<std::size_t>(mode));
}

const char* Name(StepState state) {
  static constexpr std::array<const char*, kStates> kNames = {"none",    "asked", "approved", "refused",
                                                              "ordered", "done",  "failed",   "unclear"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string RepairCase::Key() const {
  return fmt::format("{}@{}", node, state::Ns(opened));
}

std::string RepairCase::OrderId() const {
  return fmt::format("{}/{}/{}", Key(), static_cast<int>(step), attempt);
}

std::string_view KeyOfOrder(std::string_view order_id) {
  const auto attempt = order_id.rfind('/');
  if (attempt == std::string_view::npos || attempt == 0) return {};
  const auto step = order_id.rfind('/', attempt - 1);
  return step == std::string_view::npos ? std::string_view() : order_id.substr(0, step);
}

std::optional<std::pair<std::string, Wall>> CaseOfKey(std::string_view key) {
  const auto at = key.rfind('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  std::int64_t opened = 0;
  const std::string_view digits = key.substr(at + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), opened);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return std::pair(std::string(key.substr(0, at)), Wall(Duration(opened)));
}

std::string SaveCase(const RepairCase& repair) {
  state::Builder to;
  const auto node = state::Text(to, repair.node);
  const auto pool = state::Text(to, repair.pool);
  const auto zone = state::Text(to, repair.zone);
  const auto reason = state::Text(to, repair.reason);
  const auto detail = state::Text(to, repair.detail);
  fb::RepairCaseBuilder table(to);
  table.add_node(node);
  table.add_pool(pool);
  table.add_zone(zone);
  table.add_mode(static_cast<std::uint8_t>(repair.mode));
  table.add_trouble(static_cast<std::uint8_t>(repair.trouble));
  table.add_opened_ns(state::Ns(repair.opened));
  if (repair.taken) table.add_taken_ns(state::Ns(*repair.taken));
  if (repair.closed) table.add_closed_ns(state::Ns(*repair.closed));
  table.add_step(static_cast<std::uint8_t>(repair.step));
  table.add_state(static_cast<std::uint8_t>(repair.state));
  table.add_at_ns(state::Ns(repair.at));
  table.add_patience_ns(repair.patience.count());
  table.add_attempt(repair.attempt);
  if (repair.done) table.add_done(static_cast<std::uint8_t>(*repair.done));
  table.add_cordoned(repair.cordoned);
  table.add_told(repair.told);
  table.add_reason(reason);
  table.add_detail(detail);
  return state::Finish(to, table.Finish());
}

Result<RepairCase> LoadCase(const std::string& bytes) {
  const auto* from = state::Content<fb::RepairCase>(bytes);
  RepairCase repair;
  RepairStep done{};
  const bool known = from != nullptr && Read(from->mode(), kModes, repair.mode) &&
                     Read(from->trouble(), kTroubles, repair.trouble) &&
                     Read(from->step(), kRepairSteps, repair.step) &&
                     Read(from->state(), kStates, repair.state) &&
                     (!from->done() || Read(*from->done(), kRepairSteps, done));
  if (!known) return Failure(ErrorKind::kInvalid, "a saved repair cannot be read");
  repair.node = state::Text(from->node());
  repair.pool = state::Text(from->pool());
  repair.zone = state::Text(from->zone());
  repair.opened = state::Instant(from->opened_ns());
  repair.taken = state::Instant(from->taken_ns());
  repair.closed = state::Instant(from->closed_ns());
  repair.at = state::Instant(from->at_ns());
  repair.patience = state::Length(from->patience_ns());
  repair.attempt = from->attempt();
  if (from->done()) repair.done = done;
  repair.cordoned = from->cordoned();
  repair.told = from->told();
  repair.reason = state::Text(from->reason());
  repair.detail = state::Text(from->detail());
  return repair;
}

}  // namespace loadline::collector
