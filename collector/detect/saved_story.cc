// A story as a piece of schemas/state.fbs and back.
#include "collector/detect/stories.h"
#include "collector/state/piece.h"

namespace loadline::collector {

namespace fb = state::fb;

std::string StoryBook::Write(const Story& story) {
  state::Builder to;
  const StoryView& view = story.view;
  const auto id = state::Text(to, view.id);
  const auto kind = state::Text(to, view.kind);
  const auto node = state::Text(to, view.node);
  const auto workload_id = state::Repeated(to, view.workload_id);
  const auto namespace_name = state::Text(to, view.namespace_name);
  const auto pod = state::Text(to, view.pod);
  const auto container = state::Text(to, view.container);
  const auto why = state::Text(to, view.why);
  const auto cause_workload_id = state::Repeated(to, view.cause_workload_id);
  const auto cause_container = state::Text(to, view.cause_container);
  const auto cause = state::Text(to, view.cause);
  const auto evidence = state::Tables<fb::Evidence>(to, view.evidence, [&](const StoryEvidence& one) {
    const auto source = state::Repeated(to, one.source);
    const auto text = state::Text(to, one.text);
    return fb::CreateEvidence(to, state::Ns(one.at), source, text);
  });
  const auto limit_owner = state::Text(to, story.limit_owner);
  const auto victim = state::Text(to, story.victim);
  const auto victim_held = state::Text(to, story.victim_held);
  return state::Finish(
      to,
      fb::CreateStory(to, id, kind, state::Ns(view.at), state::Ns(view.last), view.times, node, workload_id,
                      namespace_name, pod, container, why, cause_workload_id, cause_container, cause,
                      evidence, story.threshold, story.by_kubelet, story.of_memory, story.explained,
                      state::Ns(story.heard), limit_owner, victim, victim_held));
}

std::optional<StoryBook::Story> StoryBook::Read(const std::string& bytes) {
  const auto* from = state::Content<fb::Story>(bytes);
  if (from == nullptr) return std::nullopt;
  Story story{.view = {.id = state::Text(from->id()),
                       .kind = state::Text(from->kind()),
                       .at = state::Instant(from->at_ns()),
                       .last = state::Instant(from->last_ns()),
                       .times = from->times(),
                       .node = state::Text(from->node()),
                       .workload_id = state::Text(from->workload_id()),
                       .namespace_name = state::Text(from->namespace_()),
                       .pod = state::Text(from->pod()),
                       .container = state::Text(from->container()),
                       .why = state::Text(from->why()),
                       .cause_workload_id = state::Text(from->cause_workload_id()),
                       .cause_container = state::Text(from->cause_container()),
                       .cause = state::Text(from->cause())},
              .threshold = from->threshold(),
              .by_kubelet = from->by_kubelet(),
              .of_memory = from->of_memory(),
              .explained = from->explained(),
              .heard = state::Instant(from->heard_ns()),
              .limit_owner = state::Text(from->limit_owner()),
              .victim = state::Text(from->victim()),
              .victim_held = state::Text(from->victim_held())};
  state::EachTable(from->evidence(), [&](const fb::Evidence& one) {
    story.view.evidence.push_back(
        {state::Instant(one.at_ns()), state::Text(one.source()), state::Text(one.text())});
  });
  return story;
}

}  // namespace loadline::collector
