#include "collector/kube_vpa/vpa_writer.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <set>

#include "collector/kube_api/kube_client.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

constexpr const char* kPath = "/apis/autoscaling.k8s.io/v1/verticalpodautoscalers";

std::string KeyOf(const Vpa& vpa) {
  return vpa.namespace_name + "/" + vpa.name;
}

}  // namespace

VpaWriter::VpaWriter(KubeAccess access, const Clock& clock, const WorkloadObjects& workloads,
                     VpaWriterOptions options, Source source)
    : access_(std::move(access)),
      clock_(clock),
      workloads_(workloads),
      options_(std::move(options)),
      source_(std::move(source)),
      watch_({.path = kPath}, vpas_.Sink()),
      watching_([this](const std::stop_token& stop) {
        KubeClient api(access_, clock_, stop);
        watch_.Run(api, stop);
      }),
      writing_([this](const std::stop_token& stop) { Write(stop); }) {}

VpaWriter::~VpaWriter() {
  watching_.request_stop();
  writing_.request_stop();
}

void VpaWriter::Write(const std::stop_token& stop) {
  KubeClient api(access_, clock_, stop);
  while (WaitUnlessStopped(options_.interval, stop)) {
    const std::shared_ptr<const Snapshot> snapshot = source_();
    if (snapshot == nullptr || !watch_.synced()) continue;
    CreateMissing(api);
    WriteAll(api, *snapshot);
  }
}

std::vector<Vpa> VpaWriter::Ours() const {
  std::vector<Vpa> ours;
  vpas_.ForEach([&](const std::string&, const Vpa& vpa) {
    if (vpa.recommender == options_.recommender) ours.push_back(vpa);
  });
  return ours;
}

std::optional<std::string> VpaWriter::ModeOf(const std::string& workload_id) const {
  std::optional<std::string> mode;
  vpas_.ForEach([&](const std::string&, const Vpa& vpa) {
    if (vpa.WorkloadId() == workload_id) mode = vpa.update_mode.empty() ? "Recreate" : vpa.update_mode;
  });
  return mode;
}

void VpaWriter::WriteAll(KubeClient& api, const Snapshot& snapshot) {
  const ContainerKeys left_out = options_.left_out ? options_.left_out() : ContainerKeys();
  for (const Vpa& vpa : Ours()) {
    nlohmann::json status = StatusOf(vpa, TargetOf(vpa, snapshot), clock_.WallNow(), left_out);
    if (status != vpa.status) Patch(api, vpa, status);
  }
}

void VpaWriter::Patch(KubeClient& api, const Vpa& vpa, const nlohmann::json& status) {
  // What is not said any more must go: a merge patch would keep it.
  nlohmann::json whole = status;
  for (const auto& [key, _] : vpa.status.items()) {
    if (!whole.contains(key)) whole[key] = nullptr;
  }
  auto done = api.Do(
      {.method = "PATCH",
       .path = fmt::format("/apis/autoscaling.k8s.io/v1/namespaces/{}/verticalpodautoscalers/{}/status",
                           vpa.namespace_name, vpa.name),
       .body = {{"status", whole}},
       .content_type = kMergePatch});
  if (done) {
    ++patched_;
    trouble_.clear();
    return;
  }
  Failed("writing the status of VerticalPodAutoscaler " + KeyOf(vpa), done.error());
}

void VpaWriter::CreateMissing(KubeClient& api) {
  if (options_.create_in.none() || !workloads_.complete()) return;
  std::set<std::string> targets;
  vpas_.ForEach([&](const std::string&, const Vpa& vpa) { targets.insert(vpa.WorkloadId()); });
  for (const WorkloadObject& workload : WithoutVpa(workloads_, options_.create_in, targets)) {
    const nlohmann::json made = NewVpa(workload, options_.recommender);
    const auto done = api.Do(
        {.method = "PATCH",
         .path = fmt::format(
             "/apis/autoscaling.k8s.io/v1/namespaces/{}/verticalpodautoscalers/{}?fieldManager=loadline",
             workload.namespace_name, Text(Part(made, "metadata"), "name")),
         .body = made,
         .content_type = kApplyPatch});
    if (done) {
      ++created_;
    } else {
      Failed("making a VerticalPodAutoscaler for " + workload.Id(), done.error());
    }
  }
}

// The same trouble again and again is said once.
void VpaWriter::Failed(const std::string& what, const Error& error) {
  ++failed_;
  if (trouble_ == error.message) return;
  trouble_ = error.message;
  spdlog::warn("kubernetes: {}: {}", what, trouble_);
}

}  // namespace loadline::collector
