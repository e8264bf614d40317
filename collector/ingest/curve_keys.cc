#include "collector/ingest/curve_keys.h"

#include <zmq.h>

#include <array>

namespace loadline::collector {
namespace {

constexpr std::size_t kCharacters = 40;

std::unexpected<Error> NotAKey() {
  return Failure(ErrorKind::kInvalid, "not a CURVE key (40 characters of Z85)");
}

}  // namespace

Result<CurveKeys> NewCurveKeys() {
  std::array<char, kCharacters + 1> public_key{}, secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    return SystemFailure("making a CURVE key pair", zmq_errno());
  }
  return CurveKeys{.public_key = public_key.data(), .secret_key = secret_key.data()};
}

Result<std::string> PublicKeyOf(const Secret& secret_key) {
  std::array<char, kCharacters + 1> public_key{};
  const std::string& key = secret_key.Reveal();
  if (key.size() != kCharacters || zmq_curve_public(public_key.data(), key.c_str()) != 0) return NotAKey();
  return std::string(public_key.data());
}

Result<zmtp::Key> DecodeKey(const std::string& text) {
  zmtp::Key key{};
  if (text.size() != kCharacters || zmq_z85_decode(key.data(), text.c_str()) == nullptr) return NotAKey();
  return key;
}

}  // namespace loadline::collector
