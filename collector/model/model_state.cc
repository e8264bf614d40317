// The model as bytes and back: nodes first, then workloads with their containers and replicas.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "collector/model/archive.h"
#include "collector/model/model.h"

namespace loadline {

namespace wire {

template <typename A>
void Fields(A& a, ThrottleWindow& w) {
  a(w.periods, w.throttled_periods, w.throttled_us, w.episodes, w.longest_us);
}

template <typename A>
void Fields(A& a, PressureWindow& w) {
  a(w.cpu_some_us, w.cpu_full_us, w.memory_some_us, w.memory_full_us, w.io_some_us, w.io_full_us);
}

template <typename A>
void Fields(A& a, MemoryWindow& w) {
  a(w.current, w.peak, w.anon, w.file, w.kernel, w.shmem, w.inactive_file);
}

template <typename A>
void Fields(A& a, CgroupLimits& l) {
  a(l.cpu_limit, l.cpu_request, l.memory_limit, l.memory_high, l.memory_request);
}

template <typename A>
void Fields(A& a, NodeCapacity& c) {
  a(c.cpu, c.memory);
}

template <typename A>
void Fields(A& a, SignalRung& s) {
  a(s.signal, s.rung, s.why);
}

template <typename A>
void Fields(A& a, NodeWindow::Disk& d) {
  a(d.path, d.free, d.total, d.read_only);
}

template <typename A>
void Fields(A& a, NodeWindow& w) {
  a(w.memory_available, w.pressure, w.disks);
}

template <typename A>
void Fields(A& a, LossCounts& l) {
  a(l.ring_full, l.map_full, l.unknown_cgroup, l.bad_event, l.failed_readings, l.missed_samples,
    l.spool_dropped_reports, l.spool_dropped_events);
}

}  // namespace wire

namespace collector {

template <typename A>
void Fields(A& a, HappeningView& h) {
  a(h.at, h.kind, h.workload_id, h.node, h.text);
}

template <typename A>
void Fields(A& a, LiveWindow& w) {
  a(w.end, w.length, w.cpu_us, w.run_queue_wait_us, w.throttle, w.pressure);
}

template <typename A>
void Fields(A& a, RecentWindows::Window& w) {
  a(w.end_s, w.length_ms, w.periods, w.throttled_periods, w.memory_stall_ms);
}

template <typename A>
void Fields(A& a, RecentWindows& recent) {
  auto windows = recent.windows();
  std::uint32_t next = recent.next();
  a(windows, next);
  recent.Restore(windows, next);
}

template <typename A>
void Fields(A& a, Trail::Point& p) {
  a(p.at_s, p.value);
}

template <typename A>
void Fields(A& a, Trail& t) {
  std::vector<Trail::Point> points = t.Points();
  a(points);
  t.Restore(points);
}

template <typename A>
void Fields(A& a, Replica& r) {
  a(r.path, r.first_seen, r.live, r.memory, r.limits, r.recent, r.usage);
}

template <typename A>
void Fields(A& a, Container& c) {
  a(c.name, c.first_seen, c.last_seen, c.past, c.cpu_us, c.periods, c.throttled_periods, c.throttled_us,
    c.oom_kills, c.recent_kills, c.peak, c.peak_before, c.peak_hour, c.open_slot, c.history);
}

template <typename A>
void Fields(A& a, Container::ClassPast& p) {
  a(p.node_class, p.usage);
}

template <typename A>
void Fields(A& a, Workload& w) {
  a(w.id, w.namespace_name, w.kind, w.name);
}

template <typename A>
void Fields(A& a, NodePlace& p) {
  a(p.pool, p.zone, p.instance_type);
}

template <typename A>
void Fields(A& a, ToldCapacity& t) {
  a(t.now, t.before, t.since);
}

// A number that is no replica's.
struct OtherRef {
  std::uint32_t ref = 0;
  ReplicaId what = 0;
};

template <typename A>
void Fields(A& a, OtherRef& r) {
  a(r.ref, r.what);
}

template <typename A>
void Fields(A& a, Node& n) {
  auto window =
      static_cast<std::uint8_t>((n.window_open ? 1 : 0) | (n.told_all ? 2 : 0) | (n.births ? 4 : 0));
  a(n.name, n.boot_id, n.epoch, n.last_sequence, n.missing_records, n.first_seen, n.last_record,
    n.agent_version, n.kernel_version, n.capacity, n.signals, n.window_end, n.window_length, window, n.cpu_us,
    n.last, n.agent_cpu_us, n.agent_rss, n.losses, n.last_losses, n.samples);
  n.window_open = (window & 1) != 0;
  n.told_all = (window & 2) != 0;
  n.births = (window & 4) != 0;
}

namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kPieceBytes = 1 << 20;
enum class Piece : std::uint8_t { kHead, kWorkloads, kClassPasts, kTakenOver, kLately, kPlaces, kCapacities };

}  // namespace

void Model::Save(const std::function<void(std::string)>& piece) const {
  // A saver only reads what it is given; one list of fields for both directions asks for this.
  auto& self = const_cast<Model&>(*this);
  Saver saver;
  Piece kind = Piece::kHead;
  std::uint8_t version = kVersion;
  saver(kind, version, self.samples_, self.unknown_refs_, self.refused_containers_, self.last_received_,
        self.expired_minute_, self.happenings_);
  std::unordered_map<ReplicaId, std::uint32_t> ref_of;
  auto nodes = static_cast<std::uint32_t>(nodes_.size());
  saver(nodes);
  self.nodes_.ForEach([&](NodeId, Node& node) {
    std::vector<OtherRef> others;
    for (const auto& [ref, replica] : node.refs) {
      if (replica < Node::kWholeMachine) {
        ref_of.emplace(replica, ref);
      } else {
        others.push_back({ref, replica});
      }
    }
    saver(node, others);
  });
  piece(saver.Take());

  kind = Piece::kWorkloads;
  self.workloads_.ForEach([&](WorkloadId, Workload& workload) {
    if (saver.size() == 0) saver(kind);
    auto containers = static_cast<std::uint32_t>(workload.containers.size());
    saver(workload, containers);
    for (const ContainerId id : workload.containers) {
      Container& container = self.containers_[id];
      auto replicas = static_cast<std::uint32_t>(container.replicas.size());
      saver(container, replicas);
      for (const ReplicaId replica_id : container.replicas) {
        Replica& replica = self.replicas_[replica_id];
        const auto known = ref_of.find(replica_id);
        std::uint32_t ref = known != ref_of.end() ? known->second : 0;
        saver(self.nodes_[replica.node].name, ref, replica);
      }
    }
    if (saver.size() >= kPieceBytes) piece(saver.Take());
  });
  if (saver.size() > 0) piece(saver.Take());
  SaveClassPasts(piece);
  SaveTakenOver(piece);
  SaveLately(piece);
  SavePlaces(piece);
  SaveCapacities(piece);
}

void Model::SaveClassPasts(const std::function<void(std::string)>& piece) const {
  auto& self = const_cast<Model&>(*this);
  Saver saver;
  Piece kind = Piece::kClassPasts;
  self.containers_.ForEach([&](ContainerId, Container& container) {
    if (container.class_pasts.empty()) return;
    if (saver.size() == 0) saver(kind);
    saver(self.workloads_[container.workload].id, container.name, container.class_pasts);
    if (saver.size() >= kPieceBytes) piece(saver.Take());
  });
  if (saver.size() > 0) piece(saver.Take());
}

bool Model::LoadClassPast(Loader& loader) {
  std::string workload_id;
  std::string name;
  std::vector<Container::ClassPast> pasts;
  loader(workload_id, name, pasts);
  Container* container = Find(workload_id, name);
  if (!loader.ok() || container == nullptr) return false;
  for (Container::ClassPast& past : pasts) past.usage.Keep(options_.samples);
  container->class_pasts = std::move(pasts);
  return true;
}

void Model::SaveTakenOver(const std::function<void(std::string)>& piece) const {
  auto& self = const_cast<Model&>(*this);
  Saver saver;
  Piece kind = Piece::kTakenOver;
  self.containers_.ForEach([&](ContainerId, Container& container) {
    if (container.taken_over == nullptr) return;
    if (saver.size() == 0) saver(kind);
    saver(self.workloads_[container.workload].id, container.name, *container.taken_over);
    if (saver.size() >= kPieceBytes) piece(saver.Take());
  });
  if (saver.size() > 0) piece(saver.Take());
}

bool Model::LoadTakenOver(Loader& loader) {
  std::string workload_id;
  std::string name;
  auto usage = std::make_unique<ContainerUsage>();
  loader(workload_id, name, *usage);
  Container* container = Find(workload_id, name);
  if (!loader.ok() || container == nullptr) return false;
  usage->Keep(options_.samples);
  container->taken_over = std::move(usage);
  return true;
}

void Model::SaveLately(const std::function<void(std::string)>& piece) const {
  auto& self = const_cast<Model&>(*this);
  Saver saver;
  Piece kind = Piece::kLately;
  self.replicas_.ForEach([&](ReplicaId, Replica& replica) {
    if (replica.pod.empty() && replica.working_set.empty()) return;
    if (saver.size() == 0) saver(kind);
    saver(self.nodes_[replica.node].name, replica.path, replica.pod, replica.working_set);
    if (saver.size() >= kPieceBytes) piece(saver.Take());
  });
  if (saver.size() > 0) piece(saver.Take());
}

bool Model::LoadLately(Loader& loader) {
  std::string node_name;
  std::string path;
  std::string pod;
  Trail working_set;
  loader(node_name, path, pod, working_set);
  const auto node = node_by_name_.find(node_name);
  if (!loader.ok() || node == node_by_name_.end()) return false;
  const auto& by_path = nodes_[node->second].by_path;
  const auto replica = by_path.find(path);
  if (replica == by_path.end()) return false;
  replicas_[replica->second].pod = std::move(pod);
  replicas_[replica->second].working_set = working_set;
  return true;
}

void Model::SavePlaces(const std::function<void(std::string)>& piece) const {
  auto& self = const_cast<Model&>(*this);
  Saver saver;
  Piece kind = Piece::kPlaces;
  self.nodes_.ForEach([&](NodeId, Node& node) {
    if (node.place == NodePlace{}) return;
    if (saver.size() == 0) saver(kind);
    saver(node.name, node.place);
  });
  if (saver.size() > 0) piece(saver.Take());
}

bool Model::LoadPlace(Loader& loader) {
  std::string node_name;
  NodePlace place;
  loader(node_name, place);
  const auto node = node_by_name_.find(node_name);
  if (!loader.ok() || node == node_by_name_.end()) return false;
  nodes_[node->second].place = std::move(place);
  return true;
}

void Model::SaveCapacities(const std::function<void(std::string)>& piece) const {
  auto& self = const_cast<Model&>(*this);
  Saver saver;
  Piece kind = Piece::kCapacities;
  self.nodes_.ForEach([&](NodeId, Node& node) {
    if (node.told == ToldCapacity{}) return;
    if (saver.size() == 0) saver(kind);
    saver(node.name, node.told);
  });
  if (saver.size() > 0) piece(saver.Take());
}

bool Model::LoadCapacity(Loader& loader) {
  std::string node_name;
  ToldCapacity told;
  loader(node_name, told);
  const auto node = node_by_name_.find(node_name);
  if (!loader.ok() || node == node_by_name_.end()) return false;
  nodes_[node->second].told = told;
  return true;
}

Result<void> Model::Load(std::string_view piece) {
  const auto bad = [] { return Failure(ErrorKind::kInvalid, "the saved model cannot be read"); };
  Loader loader(piece);
  Piece kind{};
  loader(kind);
  if (kind == Piece::kHead) {
    std::uint8_t version = 0;
    loader(version);
    if (version != kVersion) return Failure(ErrorKind::kUnsupported, "the saved model is of another version");
    std::uint32_t count = 0;
    loader(samples_, unknown_refs_, refused_containers_, last_received_, expired_minute_, happenings_, count);
    for (; count > 0 && loader.ok(); --count) {
      Node node;
      std::vector<OtherRef> others;
      loader(node, others);
      for (const OtherRef& other : others) node.refs.emplace(other.ref, other.what);
      const NodeId id = nodes_.Add(std::move(node));
      node_by_name_.emplace(nodes_[id].name, id);
    }
    return loader.ok() && loader.AtEnd() ? Result<void>() : bad();
  }
  const auto each = [&](bool (Model::*load)(Loader&)) -> Result<void> {
    while (!loader.AtEnd()) {
      if (!(this->*load)(loader)) return bad();
    }
    return {};
  };
  if (kind == Piece::kClassPasts) return each(&Model::LoadClassPast);
  if (kind == Piece::kTakenOver) return each(&Model::LoadTakenOver);
  if (kind == Piece::kLately) return each(&Model::LoadLately);
  if (kind == Piece::kPlaces) return each(&Model::LoadPlace);
  if (kind == Piece::kCapacities) return each(&Model::LoadCapacity);
  if (kind != Piece::kWorkloads) {
    return Failure(ErrorKind::kUnsupported,
                   fmt::format("a part of the saved model is of a kind ({}) that this version does not know",
                               static_cast<unsigned>(kind)));
  }
  while (loader.ok() && !loader.AtEnd()) {
    const WorkloadId workload_id = workloads_.Add({});
    Workload& workload = workloads_[workload_id];
    std::uint32_t containers = 0;
    loader(workload, containers);
    workload_by_id_.emplace(workload.id, workload_id);
    for (; containers > 0 && loader.ok(); --containers) {
      const ContainerId container_id = containers_.Add({});
      Container& container = containers_[container_id];
      container.workload = workload_id;
      container.place = workload.containers.size();
      workload.containers.push_back(container_id);
      std::uint32_t replicas = 0;
      loader(container, replicas);
      container_by_name_.emplace(std::pair(workload_id, std::string_view(container.name)), container_id);
      if (container.past != nullptr) container.past->Keep(options_.samples);
      for (; replicas > 0 && loader.ok(); --replicas) {
        std::string node_name;
        std::uint32_t ref = 0;
        Replica replica;
        loader(node_name, ref, replica);
        replica.usage.Keep(options_.samples);
        const auto node = node_by_name_.find(node_name);
        if (node == node_by_name_.end()) return bad();
        replica.node = node->second;
        replica.container = container_id;
        replica.ref = ref;
        replica.place = container.replicas.size();
        const ReplicaId replica_id = replicas_.Add(std::move(replica));
        container.replicas.push_back(replica_id);
        Node& on = nodes_[node->second];
        on.by_path.emplace(replicas_[replica_id].path, replica_id);
        on.name_bytes += replicas_[replica_id].path.size();
        name_bytes_ += replicas_[replica_id].path.size();
        if (ref != 0) on.refs.emplace(ref, replica_id);
      }
      if (!container.replicas.empty()) container.maker = replicas_[container.replicas[0]].node;
      Charge(container, 1);
    }
  }
  return loader.ok() ? Result<void>() : bad();
}

}  // namespace collector
}  // namespace loadline
