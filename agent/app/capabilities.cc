#include "agent/app/capabilities.h"

#include <linux/capability.h>
#include <spdlog/spdlog.h>

#include <vector>

#include "schemas/base/hardening.h"

namespace loadline::agent {

void GiveUpCapabilities(MachineSource& source) {
  std::vector<int> kept = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH};
  bool readable = false;
  {
    const CapabilitiesAside without(kept);
    readable = source.ProbesReadable();
  }
  if (!readable) kept.insert(kept.end(), {CAP_BPF, CAP_PERFMON});
  if (auto done = KeepOnlyCapabilities(kept); !done) {
    spdlog::warn("{}: they are kept", done.error().message);
    return;
  }
  spdlog::info(readable ? "the capabilities that loading the probes needed are given up"
                        : "CAP_BPF and CAP_PERFMON are kept: this kernel asks for them at every reading");
}

}  // namespace loadline::agent
