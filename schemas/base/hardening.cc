#include "schemas/base/hardening.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace loadline {
namespace {

// Leak checkers look into their own process as a debugger would.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// The three sets of a thread, 64 bits each.
struct Sets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
};

using Halves = std::array<__user_cap_data_struct, 2>;

Result<Sets> ReadSets() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Halves halves{};
  if (::syscall(SYS_capget, &header, halves.data()) != 0) return SystemFailure("reading capabilities", errno);
  const auto whole = [&](auto member) {
    return std::uint64_t{halves[1].*member} << 32U | std::uint64_t{halves[0].*member};
  };
  return Sets{whole(&__user_cap_data_struct::effective), whole(&__user_cap_data_struct::permitted),
              whole(&__user_cap_data_struct::inheritable)};
}

Result<void> WriteSets(const Sets& sets) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  Halves halves{};
  const auto split = [&](std::uint64_t set, auto member) {
    halves[0].*member = static_cast<std::uint32_t>(set);
    halves[1].*member = static_cast<std::uint32_t>(set >> 32U);
  };
  split(sets.effective, &__user_cap_data_struct::effective);
  split(sets.permitted, &__user_cap_data_struct::permitted);
  split(sets.inheritable, &__user_cap_data_struct::inheritable);
  if (::syscall(SYS_capset, &header, halves.data()) != 0)
    return SystemFailure("giving up capabilities", errno);
  return {};
}

std::uint64_t MaskOf(std::span<const int> capabilities) {
  std::uint64_t mask = 0;
  for (const int capability : capabilities) mask |= std::uint64_t{1} << static_cast<unsigned>(capability);
  return mask;
}

}  // namespace

void HardenProcess(bool core_dumps) {
  ::umask(077);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (core_dumps) return;
  const rlimit none{};
  ::setrlimit(RLIMIT_CORE, &none);
  if (!kSanitized) ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

Result<void> KeepOnlyCapabilities(std::span<const int> kept) {
  const Result<Sets> now = ReadSets();
  if (!now) return Failure(now.error());
  const std::uint64_t mask = MaskOf(kept);
  // A child of root would have all that the bounding set has. Taking from it needs CAP_SETPCAP, which a pod
  // has not: there the runtime has done it.
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if ((mask >> static_cast<unsigned>(capability) & 1U) == 0) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return WriteSets({now->effective & mask, now->permitted & mask, 0});
}

CapabilitiesAside::CapabilitiesAside(std::span<const int> kept) {
  const Result<Sets> now = ReadSets();
  if (now) (void)WriteSets({now->permitted & MaskOf(kept), now->permitted, now->inheritable});
}

CapabilitiesAside::~CapabilitiesAside() {
  const Result<Sets> now = ReadSets();
  if (now) (void)WriteSets({now->permitted, now->permitted, now->inheritable});
}

}  // namespace loadline
