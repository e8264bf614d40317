#include "collector/http/signature.h"

#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

namespace loadline::collector {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* owned) const {
    Free(owned);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

const EVP_MD* Digest(std::string_view algorithm) {
  if (algorithm == "RS384") return EVP_sha384();
  return algorithm == "RS512" ? EVP_sha512() : EVP_sha256();
}

// A passphrase is asked for on the terminal unless somebody else says that there is none.
int NoPassphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return -1;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Result<std::string> SignRsa(std::string_view text, const Secret& key, std::string_view algorithm) {
  const std::string& pem = key.Reveal();
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Key read(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr) : nullptr);
  if (!read || EVP_PKEY_base_id(read.get()) != EVP_PKEY_RSA)
    return Failure(ErrorKind::kInvalid, "the key is no private key of RSA in PEM without a passphrase");
  const Context context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_size(read.get())), '\0');
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, Digest(algorithm), nullptr, read.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(text),
                     text.size()) != 1)
    return Failure(ErrorKind::kInvalid, fmt::format("the key cannot sign with {}", algorithm));
  signature.resize(size);
  return signature;
}

std::string HmacSha256(std::string_view text, const Secret& key) {
  const std::string& secret = key.Reveal();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), Bytes(text), text.size(), digest.data(),
       &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return hex;
}

bool AreSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace loadline::collector
