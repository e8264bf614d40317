#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/kernel/probe_loader.h"
#include "agent/kernel/snapshot_walk.h"
#include "bpf/cgroup_snapshot.skel.h"
#include "bpf/cgroup_snapshot_by_probe_read.skel.h"

namespace loadline::agent {
namespace {

class IteratorLink final : public SnapshotLink {
 public:
  explicit IteratorLink(bpf_link* link) : link_(link) {}

  Result<void> Run() override {
    const Fd session(bpf_iter_create(bpf_link__fd(link_.get())));
    if (!session.valid()) return SystemFailure("starting the cgroup iterator", errno);
    char nothing[16];  // The program writes no text: one read runs the whole slice and ends the session.
    if (read(session.get(), nothing, sizeof(nothing)) < 0)
      return SystemFailure("running the cgroup iterator", errno);
    return {};
  }

 private:
  struct Detach {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  std::unique_ptr<bpf_link, Detach> link_;
};

template <typename Skeleton>
class MappedProgram final : public SnapshotProgram {
 public:
  MappedProgram(LoadedProbe<Skeleton> probe, bpf_cgroup_iter_order order)
      : probe_(std::move(probe)), order_(order) {}
  ~MappedProgram() override {
    if (records_ != nullptr) munmap(records_, kBytes);
    if (moved_ != nullptr) munmap(moved_, kMovedBytes);
  }

  Result<void> Map() {
    if (auto mapped = MapArray(probe_.skeleton->maps.records, kBytes, records_); !mapped) return mapped;
    if (auto mapped = MapArray(probe_.skeleton->maps.moved_records, kMovedBytes, moved_); !mapped)
      return mapped;
    probe_.skeleton->bss->control.cpus = static_cast<std::uint32_t>(libbpf_num_possible_cpus());
    return {};
  }

  Result<std::unique_ptr<SnapshotLink>> Attach(int cgroup_fd, Depth depth) override {
    bpf_iter_link_info target{};
    // What moves lies where the walk has found it: one visit is enough.
    target.cgroup.order = depth == Depth::kAll ? order_ : BPF_CGROUP_ITER_SELF_ONLY;
    target.cgroup.cgroup_fd = static_cast<std::uint32_t>(cgroup_fd);
    LIBBPF_OPTS(bpf_iter_attach_opts, options);
    options.link_info = &target;
    options.link_info_len = sizeof(target);
    bpf_program* program =
        depth == Depth::kAll ? probe_.skeleton->progs.snapshot : probe_.skeleton->progs.snapshot_moving;
    bpf_link* link = bpf_program__attach_iter(program, &options);
    if (link == nullptr) return SystemFailure("attaching the cgroup iterator", errno);
    return std::make_unique<IteratorLink>(link);
  }

  slice_control& control() override { return probe_.skeleton->bss->control; }
  const cgroup_record* records() const override { return static_cast<const cgroup_record*>(records_); }
  const moved_record* moved() const override { return static_cast<const moved_record*>(moved_); }

 private:
  static constexpr std::size_t kBytes = SLICE_RECORDS * sizeof(cgroup_record);
  static constexpr std::size_t kMovedBytes = SLICE_MOVED * sizeof(moved_record);

  static Result<void> MapArray(bpf_map* map, std::size_t bytes, void*& place) {
    void* mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
    if (mapped == MAP_FAILED) return SystemFailure("mapping the snapshot", errno);
    place = mapped;
    return {};
  }

  LoadedProbe<Skeleton> probe_;
  bpf_cgroup_iter_order order_;
  void* records_ = nullptr;
  void* moved_ = nullptr;
};

// `order`: what the iterator visits. The object that walks by itself needs the top alone.
template <typename Skeleton>
LoadedSnapshot Load(std::string obstacle, bpf_cgroup_iter_order order, const SharedMaps& shared,
                    wire::Rung ceiling) {
  ProbeForm<Skeleton> form{.rung = wire::Rung::kIterator,
                           .obstacle = std::move(obstacle),
                           .programs = {"snapshot", "snapshot_moving"},
                           .configure = [](Skeleton& skeleton) {
                             // An iterator is attached once for each hierarchy, not when the object is.
                             bpf_program__set_autoattach(skeleton.progs.snapshot, false);
                             bpf_program__set_autoattach(skeleton.progs.snapshot_moving, false);
                           }};
  LoadedProbe<Skeleton> probe =
      LoadBestForm<Skeleton>(wire::Signal::kCgroupCounters, ceiling, shared, {std::move(form)});
  LoadedSnapshot loaded{.program = nullptr, .rung = probe.rung};
  if (!probe.skeleton) return loaded;
  auto program = std::make_unique<MappedProgram<Skeleton>>(std::move(probe), order);
  if (auto mapped = program->Map(); mapped) {
    loaded.program = std::move(program);
  } else {
    loaded.rung.rung = wire::Rung::kOff;
    AddReason(loaded.rung, wire::Rung::kIterator, mapped.error().message);
  }
  return loaded;
}

}  // namespace

LoadedSnapshot LoadSnapshot(const KernelBtf& btf, const SharedMaps& shared, wire::Rung ceiling) {
  const bool has_iterator = btf.HasIterator("cgroup");
  std::string why;
  if (has_iterator && btf.HasFunction("bpf_iter_css_next") && btf.HasFunction("bpf_rdonly_cast")) {
    auto loaded = Load<cgroup_snapshot_bpf>("", BPF_CGROUP_ITER_SELF_ONLY, shared, ceiling);
    if (loaded.program) return loaded;
    why = loaded.rung.why;
  }
  auto slower =
      Load<cgroup_snapshot_by_probe_read_bpf>(has_iterator ? "" : "this kernel has no cgroup iterator",
                                              BPF_CGROUP_ITER_DESCENDANTS_PRE, shared, ceiling);
  // It reads the same at three times the cost.
  if (slower.program && !why.empty()) slower.rung.why = "in a slower form, since of the faster: " + why;
  return slower;
}

}  // namespace loadline::agent
