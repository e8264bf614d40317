#include "collector/apply/trial_state.h"

#include "collector/state/piece.h"

namespace loadline::collector {

namespace fb = state::fb;
using flatbuffers::Offset;
using state::Builder;

namespace {

Offset<fb::Capacity> WriteAmounts(Builder& to, const Amounts& amounts) {
  return amounts == Amounts{} ? 0 : fb::CreateCapacity(to, amounts.cpu, amounts.memory);
}

Amounts ReadAmounts(const fb::Capacity* from) {
  if (from == nullptr) return {};
  return {.cpu = from->cpu(), .memory = from->memory()};
}

auto WriteSize(Builder& to, const PodSize& size) {
  return state::Tables<fb::ContainerSize>(to, size, [&](const ContainerSize& container) {
    const auto name = state::Text(to, container.name);
    const auto request = WriteAmounts(to, container.request);
    const auto limit = WriteAmounts(to, container.limit);
    return fb::CreateContainerSize(to, name, request, limit);
  });
}

PodSize ReadSize(const flatbuffers::Vector<Offset<fb::ContainerSize>>* from) {
  PodSize size;
  state::EachTable(from, [&](const fb::ContainerSize& container) {
    size.push_back({.name = state::Text(container.name()),
                    .request = ReadAmounts(container.request()),
                    .limit = ReadAmounts(container.limit())});
  });
  return size;
}

auto WriteSymptoms(Builder& to, const std::vector<Symptoms>& symptoms) {
  return state::Tables<fb::Symptoms>(to, symptoms, [&](const Symptoms& s) {
    const auto container = state::Text(to, s.container);
    return fb::CreateSymptoms(to, container, state::Ns(s.last_window), s.measured.count(), s.periods,
                              s.throttled_periods, s.memory_stall_us);
  });
}

std::vector<Symptoms> ReadSymptoms(const flatbuffers::Vector<Offset<fb::Symptoms>>* from) {
  std::vector<Symptoms> symptoms;
  state::EachTable(from, [&](const fb::Symptoms& s) {
    symptoms.push_back({.container = state::Text(s.container()),
                        .last_window = state::Instant(s.last_window_ns()),
                        .measured = state::Length(s.measured_ns()),
                        .periods = s.periods(),
                        .throttled_periods = s.throttled_periods(),
                        .memory_stall_us = s.memory_stall_us()});
  });
  return symptoms;
}

Offset<fb::Resized> WriteResized(Builder& to, const Trial::Resized& resized) {
  const auto pod = state::Text(to, resized.pod);
  const auto uid = state::Text(to, resized.uid);
  const auto before = WriteSize(to, resized.before);
  const auto after = WriteSymptoms(to, resized.after);
  return fb::CreateResized(to, pod, uid, before, resized.restarts, resized.kills, after);
}

}  // namespace

std::string SaveTrial(const Trial& trial) {
  Builder to;
  const auto canary = state::Text(to, trial.canary);
  const auto target = WriteSize(to, trial.target);
  const auto accepted = WriteSize(to, trial.accepted);
  const auto left_alone = trial.left_alone.empty()
                              ? Offset<flatbuffers::Vector<Offset<flatbuffers::String>>>()
                              : to.CreateVectorOfStrings(trial.left_alone);
  const auto before = WriteSymptoms(to, trial.before);
  const auto resized = state::Tables<fb::Resized>(
      to, trial.resized, [&](const Trial::Resized& one) { return WriteResized(to, one); });
  const auto reason = state::Text(to, trial.reason);
  const auto rescues = state::Tables<fb::Rescue>(to, trial.rescues, [&](const Rescue& one) {
    const auto uid = state::Text(to, one.uid);
    const auto container = state::Text(to, one.container);
    return fb::CreateRescue(to, uid, container, one.from, one.to, state::Ns(one.at));
  });
  return state::Finish(to, fb::CreateTrial(to, static_cast<std::uint8_t>(trial.phase), state::Ns(trial.since),
                                           state::Ns(trial.not_before), canary, target, accepted, left_alone,
                                           before, resized, reason, rescues));
}

Result<Trial> LoadTrial(const std::string& bytes) {
  if (!state::IsPiece(bytes)) return LoadTrialBeforeTags(bytes);
  const auto* from = state::Content<fb::Trial>(bytes);
  if (from == nullptr || from->phase() > static_cast<std::uint8_t>(TrialPhase::kReverting))
    return Failure(ErrorKind::kInvalid, "a saved trial cannot be read");
  Trial trial{.phase = static_cast<TrialPhase>(from->phase()),
              .since = state::Instant(from->since_ns()),
              .not_before = state::Instant(from->not_before_ns()),
              .canary = state::Text(from->canary()),
              .target = ReadSize(from->target()),
              .accepted = ReadSize(from->accepted()),
              .before = ReadSymptoms(from->before()),
              .reason = state::Text(from->reason())};
  if (from->left_alone() != nullptr) {
    for (const flatbuffers::String* uid : *from->left_alone()) trial.left_alone.push_back(uid->str());
  }
  state::EachTable(from->resized(), [&](const fb::Resized& one) {
    trial.resized.push_back({.pod = state::Text(one.pod()),
                             .uid = state::Text(one.uid()),
                             .before = ReadSize(one.before()),
                             .restarts = one.restarts(),
                             .kills = one.kills(),
                             .after = ReadSymptoms(one.after())});
  });
  state::EachTable(from->rescues(), [&](const fb::Rescue& one) {
    trial.rescues.push_back({.uid = state::Text(one.uid()),
                             .container = state::Text(one.container()),
                             .from = one.from(),
                             .to = one.to(),
                             .at = state::Instant(one.at_ns())});
  });
  return trial;
}

}  // namespace loadline::collector
