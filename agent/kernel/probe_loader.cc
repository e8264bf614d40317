#include "agent/kernel/probe_loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>

namespace loadline::agent {

void SelectPrograms(bpf_object* object, const std::vector<std::string>& programs) {
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, program)) != nullptr) {
    const bool wanted = std::ranges::find(programs, bpf_program__name(program)) != programs.end();
    bpf_program__set_autoload(program, wanted);
  }
}

Result<void> LendMaps(bpf_object* object, const SharedMaps& shared) {
  const std::pair<const char*, int> lent[] = {{"events", shared.events()},
                                              {"losses", shared.losses()},
                                              {"seen_part", shared.part()},
                                              {"changes", shared.changes()},
                                              {"own_time", shared.own_time()}};
  for (const auto& [name, fd] : lent) {
    bpf_map* map = bpf_object__find_map_by_name(object, name);
    if (map != nullptr && bpf_map__reuse_fd(map, fd) != 0) return SystemFailure("lending a map", errno);
  }
  return {};
}

void AddReason(wire::SignalRung& rung, wire::Rung tried, const std::string& reason) {
  if (!rung.why.empty()) rung.why += "; ";
  rung.why += std::string(wire::Name(tried)) + ": " + reason;
}

}  // namespace loadline::agent
