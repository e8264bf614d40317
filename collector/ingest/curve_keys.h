// CURVE keys as people handle them: 40 characters of Z85.
#pragma once

#include <string>
#include <string_view>

#include "collector/zmtp/curve_server.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

// Both in Z85. The secret one never leaves this machine and is never logged.
struct CurveKeys {
  std::string public_key;
  Secret secret_key;
};

[[nodiscard]] Result<CurveKeys> NewCurveKeys();

// The public key that belongs to a secret one. Fails when it is not a key.
[[nodiscard]] Result<std::string> PublicKeyOf(const Secret& secret_key);

// The 32 bytes of a public key, or of a secret one. Fails when it is not one; the text is never in the error.
[[nodiscard]] Result<zmtp::Key> DecodeKey(const std::string& text);

}  // namespace loadline::collector
