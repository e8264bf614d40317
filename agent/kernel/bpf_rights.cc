#include "agent/kernel/bpf_rights.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace loadline::agent {
namespace {

std::string ReadText(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::uint64_t EffectiveCapabilities(const std::string& status) {
  constexpr std::string_view kName = "CapEff:\t";
  const std::size_t at = status.find(kName);
  std::uint64_t bits = 0;
  if (at != std::string::npos)
    std::from_chars(status.data() + at + kName.size(), status.data() + status.size(), bits, 16);
  return bits;
}

bool Has(const BpfRights& rights, int capability) {
  return (rights.capabilities >> capability & 1) != 0;
}

// 2: filtered, by the runtime as a rule.
bool IsFiltered(const std::string& status) {
  constexpr std::string_view kName = "Seccomp:\t";
  const std::size_t at = status.find(kName);
  return at != std::string::npos && status.substr(at + kName.size(), 1) == "2";
}

std::string MissingCapabilities(const BpfRights& rights) {
  // It stands for both, as it did before there were these two.
  if (Has(rights, CAP_SYS_ADMIN)) return {};
  if (!Has(rights, CAP_BPF) && !Has(rights, CAP_PERFMON))
    return "the capabilities CAP_BPF and CAP_PERFMON are missing";
  if (!Has(rights, CAP_BPF)) return "the capability CAP_BPF is missing";
  if (!Has(rights, CAP_PERFMON)) return "the capability CAP_PERFMON is missing";
  return {};
}

// Since 5.11 what BPF takes is charged to the memory cgroup instead. Distributions that brought this to older
// versions refuse nothing for it, so nobody asks.
bool ChargesLockedMemory(const std::string& kernel) {
  int major = 0, minor = 0;
  return std::sscanf(kernel.c_str(), "%d.%d", &major, &minor) == 2 &&
         (major < 5 || (major == 5 && minor < 11));
}

std::string TooLittleLockedMemory(const BpfRights& rights) {
  if (!rights.locked_memory || !ChargesLockedMemory(rights.kernel)) return {};
  return "RLIMIT_MEMLOCK is " + FormatBytes(*rights.locked_memory) +
         ", and before Linux 5.11 the probes' maps have to fit in it";
}

}  // namespace

BpfRights ReadBpfRights() {
  const std::string status = ReadText("/proc/self/status");
  BpfRights rights{.capabilities = EffectiveCapabilities(status),
                   .is_filtered = IsFiltered(status),
                   .lockdown = ReadText("/sys/kernel/security/lockdown"),
                   .locked_memory = std::nullopt,
                   .kernel = {}};
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    rights.locked_memory = static_cast<Bytes>(limit.rlim_cur);
  utsname system{};
  if (::uname(&system) == 0) rights.kernel = system.release;
  return rights;
}

std::string WhyRefused(const BpfRights& rights) {
  if (std::string missing = MissingCapabilities(rights); !missing.empty()) return missing;
  return rights.lockdown.contains("[confidentiality]") ? "kernel lockdown is confidentiality" : "";
}

Error Explained(const Error& refusal, const BpfRights& rights) {
  if (refusal.kind != ErrorKind::kDenied && refusal.kind != ErrorKind::kInvalid) return refusal;
  std::string why = WhyRefused(rights);
  if (why.empty() && refusal.kind == ErrorKind::kDenied) why = TooLittleLockedMemory(rights);
  return why.empty() ? refusal : Error{refusal.kind, why + " (" + refusal.message + ")"};
}

Error ExplainedOfAll(const Error& refusal, const BpfRights& rights) {
  Error explained = Explained(refusal, rights);
  const bool is_explained = explained.message != refusal.message;
  if (is_explained || refusal.kind != ErrorKind::kDenied || !rights.is_filtered) return explained;
  explained.message =
      "a seccomp filter seems to forbid bpf(), for no capability is missing (" + refusal.message + ")";
  return explained;
}

}  // namespace loadline::agent
