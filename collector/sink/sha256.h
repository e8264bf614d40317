// SHA-256 (FIPS 180-4) as 64 hexadecimal digits: what Alertmanager makes a group's key in other systems of, so
// that an incident opened by it is closed by us. A name, no proof of anything: for secrets there is libsodium.
#pragma once

#include <string>
#include <string_view>

namespace loadline::collector {

std::string Sha256(std::string_view text);

}  // namespace loadline::collector
