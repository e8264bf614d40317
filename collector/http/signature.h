// What proves who somebody is without showing a secret: signatures of texts.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

// RSASSA-PKCS1-v1_5 with SHA-256, -384 or -512: `algorithm` is RS256, RS384 or RS512 (RFC 7518, 3.3). `key` is a private
// key of RSA in PEM, without a passphrase. Bytes. Errors say nothing of the key.
Result<std::string> SignRsa(std::string_view text, const Secret& key, std::string_view algorithm);

// HMAC with SHA-256 (RFC 2104), as 64 hexadecimal digits.
std::string HmacSha256(std::string_view text, const Secret& key);

// Whether both are the same, in a time that does not say how far they are.
bool AreSame(std::string_view a, std::string_view b);

}  // namespace loadline::collector
