// The collector's CURVE keys, in files.
#pragma once

#include <filesystem>

#include "collector/ingest/curve_keys.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// Reads `directory`/collector.key (mode 0600) and collector.pub; makes both, and the directory, when there
// are none. The agents need collector.pub, which is left out where the directory cannot be written: a mounted
// Secret. Fails when a file is not a key, or when the secret one can be read by others than the kubelet lets.
[[nodiscard]] Result<CurveKeys> EnsureCurveKeys(const std::filesystem::path& directory);

}  // namespace loadline::collector
