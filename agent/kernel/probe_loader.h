// Loading one probe in the best form this kernel allows.
//
// A probe is a BPF object with programs for several forms. The forms are tried from best to worst: one that
// BTF rules out is passed over, one that the kernel refuses is dropped, and each leaves its reason behind.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/kernel/bpf_rights.h"
#include "agent/kernel/shared_maps.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

struct bpf_object;
struct bpf_map;

namespace loadline::agent {

template <typename Skeleton>
struct ProbeForm {
  wire::Rung rung{};
  std::string obstacle;                      // Why BTF rules this form out; empty when it does not.
  std::vector<std::string> programs;         // What is loaded and attached; the object's others are not.
  std::function<void(Skeleton&)> configure;  // Sets constants before loading.
};

template <typename Skeleton>
struct LoadedProbe {
  struct Destroy {
    void operator()(Skeleton* skeleton) const { Skeleton::destroy(skeleton); }
  };
  std::unique_ptr<Skeleton, Destroy> skeleton;  // Null when every form failed. Detaches when destroyed.
  wire::SignalRung rung;
};

// Leaves only these programs of the object to be loaded.
void SelectPrograms(bpf_object* object, const std::vector<std::string>& programs);

// Makes the object use the shared maps in place of its own of the same names, where it has them.
Result<void> LendMaps(bpf_object* object, const SharedMaps& shared);

// One reason more: "fexit: ...; tp_btf: ...".
void AddReason(wire::SignalRung& rung, wire::Rung tried, const std::string& reason);

template <typename Skeleton>
Result<std::unique_ptr<Skeleton, typename LoadedProbe<Skeleton>::Destroy>> LoadForm(
    const ProbeForm<Skeleton>& form, const SharedMaps& shared) {
  std::unique_ptr<Skeleton, typename LoadedProbe<Skeleton>::Destroy> skeleton(Skeleton::open());
  if (!skeleton) return SystemFailure("opening", errno);
  SelectPrograms(skeleton->obj, form.programs);
  if (auto lent = LendMaps(skeleton->obj, shared); !lent) return Failure(lent.error());
  if (form.configure) form.configure(*skeleton);
  if (const int error = Skeleton::load(skeleton.get()); error != 0) return SystemFailure("loading", -error);
  if (const int error = Skeleton::attach(skeleton.get()); error != 0)
    return SystemFailure("attaching", -error);
  return skeleton;
}

// `ceiling`: no better rung than this is tried.
template <typename Skeleton>
LoadedProbe<Skeleton> LoadBestForm(wire::Signal signal, wire::Rung ceiling, const SharedMaps& shared,
                                   const std::vector<ProbeForm<Skeleton>>& forms) {
  LoadedProbe<Skeleton> probe{.skeleton = nullptr,
                              .rung = {.signal = signal, .rung = wire::Rung::kOff, .why = ""}};
  for (const ProbeForm<Skeleton>& form : forms) {
    if (form.rung < ceiling) {
      AddReason(probe.rung, form.rung, "not to be tried");
    } else if (!form.obstacle.empty()) {
      AddReason(probe.rung, form.rung, form.obstacle);
    } else if (auto loaded = LoadForm(form, shared)) {
      probe.skeleton = std::move(*loaded);
      probe.rung.rung = form.rung;
      break;
    } else {
      AddReason(probe.rung, form.rung, Explained(loaded.error(), ReadBpfRights()).message);
    }
  }
  return probe;
}

}  // namespace loadline::agent
