#include "collector/model/model_before_tags.h"

#include "collector/model/loader_before_tags.h"

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
  std::array<RecentWindows::Window, RecentWindows::kWindows> windows;
  std::uint32_t next = 0;
  a(windows, next);
  for (std::uint32_t i = 0; i < windows.size(); ++i) recent.Add(windows[(next + i) % windows.size()]);
}

template <typename A>
void Fields(A& a, Trail::Point& p) {
  a(p.at_s, p.value);
}

template <typename A>
void Fields(A& a, Trail& t) {
  std::vector<Trail::Point> points;
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
  std::uint8_t window = 0;
  a(n.name, n.boot_id, n.epoch, n.last_sequence, n.missing_records, n.first_seen, n.last_record,
    n.agent_version, n.kernel_version, n.capacity, n.signals, n.window_end, n.window_length, window, n.cpu_us,
    n.last, n.agent_cpu_us, n.agent_rss, n.losses, n.last_losses, n.samples);
  n.window_open = (window & 1) != 0;
  n.told_all = (window & 2) != 0;
  n.births = (window & 4) != 0;
}

namespace {

constexpr std::uint8_t kVersion = 2;
enum class Piece : std::uint8_t { kHead, kWorkloads, kClassPasts, kTakenOver, kLately, kPlaces, kCapacities };

}  // namespace

// Its functions give false when the rest of the piece cannot be read.
class ModelBeforeTags {
 public:
  ModelBeforeTags(Model& model, Loader& loader, LeftOut& left_out)
      : model_(model), registry_(model.registry_), loader_(loader), left_out_(left_out) {}

  void Read() {
    Piece kind{};
    loader_(kind);
    bool (ModelBeforeTags::*each)() = nullptr;
    switch (kind) {
      case Piece::kHead:
        if (!Head()) ++left_out_.damaged;
        return;
      case Piece::kWorkloads:
        each = &ModelBeforeTags::OneWorkload;
        break;
      case Piece::kClassPasts:
        each = &ModelBeforeTags::ClassPasts;
        break;
      case Piece::kTakenOver:
        each = &ModelBeforeTags::TakenOver;
        break;
      case Piece::kLately:
        each = &ModelBeforeTags::Lately;
        break;
      case Piece::kPlaces:
        each = &ModelBeforeTags::Place;
        break;
      case Piece::kCapacities:
        each = &ModelBeforeTags::Told;
        break;
      default:
        ++left_out_.unknown;
        return;
    }
    while (!loader_.AtEnd()) {
      if ((this->*each)()) continue;
      ++left_out_.damaged;
      return;
    }
  }

 private:
  bool Head() {
    std::uint8_t version = 0;
    std::uint32_t count = 0;
    Model::Totals totals;
    std::vector<HappeningView> happenings;
    loader_(version);
    if (version != kVersion) return false;
    loader_(totals.samples, totals.unknown_refs, totals.refused_containers, totals.last_received,
            totals.expired_minute, happenings, count);
    if (!loader_.ok()) return false;
    model_.Restore(totals, std::move(happenings));
    for (; count > 0; --count) {
      Node node;
      std::vector<OtherRef> others;
      loader_(node, others);
      if (!loader_.ok()) return false;
      for (const OtherRef& other : others) node.refs.emplace(other.ref, other.what);
      if (!model_.Restore(std::move(node))) return false;
    }
    return loader_.AtEnd();
  }

  bool OneWorkload() {
    Workload workload;
    std::uint32_t containers = 0;
    loader_(workload, containers);
    if (!loader_.ok()) return false;
    const std::optional<WorkloadId> id = model_.Restore(std::move(workload));
    if (!id) return false;
    for (; containers > 0; --containers) {
      if (!OneContainer(*id)) return false;
    }
    return true;
  }

  bool OneContainer(WorkloadId workload) {
    Container container;
    std::uint32_t replicas = 0;
    loader_(container, replicas);
    if (!loader_.ok()) return false;
    const std::optional<ContainerId> id = model_.Restore(workload, std::move(container));
    if (!id) return false;
    for (; replicas > 0; --replicas) {
      std::string node;
      std::uint32_t ref = 0;
      Replica replica;
      loader_(node, ref, replica);
      replica.ref = ref;
      if (!loader_.ok() || !model_.Restore(*id, node, std::move(replica))) return false;
    }
    return true;
  }

  // Of the container that is named next; null when there is none.
  Container* Named() {
    std::string workload_id;
    std::string name;
    loader_(workload_id, name);
    const std::optional<ContainerId> known = registry_.FindContainer(workload_id, name);
    return loader_.ok() && known ? &registry_.container(*known) : nullptr;
  }

  bool ClassPasts() {
    Container* container = Named();
    std::vector<Container::ClassPast> pasts;
    loader_(pasts);
    if (container == nullptr || !loader_.ok()) return false;
    for (Container::ClassPast& past : pasts) past.usage.Keep(model_.options_.samples);
    container->class_pasts = std::move(pasts);
    return true;
  }

  bool TakenOver() {
    Container* container = Named();
    auto usage = std::make_unique<ContainerUsage>();
    loader_(*usage);
    if (container == nullptr || !loader_.ok()) return false;
    usage->Keep(model_.options_.samples);
    container->taken_over = std::move(usage);
    return true;
  }

  bool Lately() {
    std::string node_name;
    std::string path;
    std::string pod;
    Trail working_set;
    loader_(node_name, path, pod, working_set);
    const std::optional<NodeId> node = registry_.FindNode(node_name);
    if (!loader_.ok() || !node) return false;
    const auto& by_path = registry_.node(*node).by_path;
    const auto known = by_path.find(path);
    if (known == by_path.end()) return false;
    Replica& replica = registry_.replica(known->second);
    replica.pod = std::move(pod);
    replica.working_set = working_set;
    return true;
  }

  bool Place() {
    NodePlace place;
    Node* node = NamedNode();
    loader_(place);
    if (node == nullptr || !loader_.ok()) return false;
    node->place = std::move(place);
    return true;
  }

  bool Told() {
    ToldCapacity told;
    Node* node = NamedNode();
    loader_(told);
    if (node == nullptr || !loader_.ok()) return false;
    node->told = told;
    return true;
  }

  Node* NamedNode() {
    std::string name;
    loader_(name);
    const std::optional<NodeId> known = registry_.FindNode(name);
    return known ? &registry_.node(*known) : nullptr;
  }

  Model& model_;
  Registry& registry_;
  Loader& loader_;
  LeftOut& left_out_;
};

void RestoreModelBeforeTags(Model& model, std::string_view piece, LeftOut& left_out) {
  Loader loader(piece);
  ModelBeforeTags(model, loader, left_out).Read();
}

}  // namespace collector
}  // namespace loadline
