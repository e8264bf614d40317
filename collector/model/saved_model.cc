// Nodes first, then workloads with their containers and replicas.
#include "collector/model/saved_model.h"

#include <span>
#include <unordered_map>

#include "collector/model/model_before_tags.h"
#include "collector/model/saved_node.h"
#include "collector/model/saved_workload.h"
#include "collector/state/piece.h"
#include "schemas/base/version.h"

namespace loadline::collector {

namespace fb = state::fb;
using flatbuffers::Offset;
using state::Builder;

namespace {

constexpr flatbuffers::uoffset_t kPieceBytes = 1 << 20;

std::string TotalsPiece(const Model& model) {
  Builder to;
  const Model::Totals totals = model.totals();
  const std::span<const HappeningView> timeline = model.timeline().happenings();
  const auto happenings = state::Tables<fb::Happening>(to, timeline, [&](const HappeningView& h) {
    const auto kind = state::Repeated(to, h.kind);
    const auto workload_id = state::Repeated(to, h.workload_id);
    const auto node = state::Repeated(to, h.node);
    const auto text = state::Text(to, h.text);
    return fb::CreateHappening(to, state::Ns(h.at), kind, workload_id, node, text);
  });
  const auto written_by = to.CreateString(LOADLINE_VERSION);
  return state::Finish(
      to, fb::CreateTotals(to, written_by, totals.samples, totals.unknown_refs, totals.refused_containers,
                           state::Ns(totals.last_received), totals.expired_minute, happenings));
}

void ReadTotals(const fb::Totals& from, Model& model) {
  std::vector<HappeningView> happenings;
  state::EachTable(from.happenings(), [&](const fb::Happening& h) {
    happenings.push_back({state::Instant(h.at_ns()), state::Text(h.kind()), state::Text(h.workload_id()),
                          state::Text(h.node()), state::Text(h.text())});
  });
  model.Restore({.samples = from.samples(),
                 .unknown_refs = from.unknown_refs(),
                 .refused_containers = from.refused_containers(),
                 .last_received = state::Instant(from.last_received_ns()),
                 .expired_minute = from.expired_minute()},
                std::move(happenings));
}

// Puts tables together to pieces, each of them the content that `whole` makes of a vector of them.
template <typename Table, typename Whole>
class Pieces {
 public:
  Pieces(const std::function<void(std::string)>& piece, Whole whole) : piece_(piece), whole_(whole) {}
  ~Pieces() { Close(); }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  template <typename Write>
  void Add(Write write) {
    tables_.push_back(write(to_));
    if (to_.GetSize() >= kPieceBytes) Close();
  }

 private:
  void Close() {
    if (tables_.empty()) return;
    piece_(state::Finish(to_, whole_(to_, to_.CreateVector(tables_))));
    tables_.clear();
  }

  const std::function<void(std::string)>& piece_;
  const Whole whole_;
  Builder to_;
  std::vector<Offset<Table>> tables_;
};

using NodeTables = Offset<flatbuffers::Vector<Offset<fb::Node>>>;
Offset<fb::Nodes> WholeOfNodes(Builder& to, NodeTables nodes) {
  return fb::CreateNodes(to, nodes);
}

using WorkloadTables = Offset<flatbuffers::Vector<Offset<fb::Workload>>>;
Offset<fb::Workloads> WholeOfWorkloads(Builder& to, WorkloadTables workloads) {
  return fb::CreateWorkloads(to, workloads);
}

}  // namespace

void SaveModel(const Model& model, const std::function<void(std::string)>& piece) {
  piece(TotalsPiece(model));
  std::unordered_map<ReplicaId, std::uint32_t> numbers;
  {
    Pieces<fb::Node, decltype(&WholeOfNodes)> pieces(piece, &WholeOfNodes);
    model.nodes().ForEach([&](NodeId, const Node& node) {
      for (const auto& [ref, replica] : node.refs) {
        if (replica < Node::kWholeMachine) numbers.emplace(replica, ref);
      }
      pieces.Add([&](Builder& to) { return WriteNode(to, node); });
    });
  }
  const auto ref_of = [&](ReplicaId id) {
    const auto known = numbers.find(id);
    return known != numbers.end() ? known->second : 0;
  };
  Pieces<fb::Workload, decltype(&WholeOfWorkloads)> pieces(piece, &WholeOfWorkloads);
  model.workloads().ForEach([&](WorkloadId, const Workload& workload) {
    pieces.Add([&](Builder& to) { return WriteWorkload(to, model, workload, ref_of); });
  });
}

void RestoreModel(Model& model, std::string_view bytes, LeftOut& left_out) {
  if (!state::IsPiece(bytes)) return RestoreModelBeforeTags(model, bytes, left_out);
  const std::string own(bytes);
  const fb::Piece* piece = state::Read(own);
  if (piece == nullptr) {
    ++left_out.damaged;
  } else if (const fb::Totals* totals = piece->content_as_Totals()) {
    ReadTotals(*totals, model);
  } else if (const fb::Nodes* nodes = piece->content_as_Nodes()) {
    state::EachTable(nodes->nodes(), [&](const fb::Node& node) {
      if (!model.Restore(ReadNode(node))) ++left_out.damaged;
    });
  } else if (const fb::Workloads* workloads = piece->content_as_Workloads()) {
    state::EachTable(workloads->workloads(), [&](const fb::Workload& workload) {
      left_out.damaged += ReadWorkload(workload, model);
    });
  } else {
    ++left_out.unknown;
  }
}

}  // namespace loadline::collector
