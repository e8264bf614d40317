// The API's values as people read them.
#pragma once

#include <string>

#include "collector/cli/api_client.h"
#include "collector/cli/table.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// "72m", "1.25"; "<1m" for what is not nothing.
std::string CoresText(double cores);
// "100m", or "-" for null.
std::string MaybeCpu(const Json& millicores);
// "128 MiB", or "-" for null.
std::string MaybeBytes(const Json& bytes);
// "0 %", "<1 %", "71 %".
std::string ShareText(double share);
// The same, or "-" for null.
std::string MaybeShare(const Json& share);
// "4 min 12 s" since this instant (RFC 3339); "-" for null or what is no instant.
std::string AgeText(const Json& instant, Wall now);

// A value as JSON, with this indent (-1: one line). A terminal may show it: where there is something in it
// that is not to be shown as it is, everything beyond ASCII is escaped.
std::string JsonText(const Json& value, int indent);

Tone ToneOfState(const std::string& node_state);
Tone ToneOfAlert(const Json& alert);

}  // namespace loadline::collector
