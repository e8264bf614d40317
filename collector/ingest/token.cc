#include "collector/ingest/token.h"

#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <array>
#include <system_error>

#include "schemas/base/secret_file.h"

namespace loadline::collector {
namespace {

// What changes when a file is written or replaced.
struct Stamp {
  ino_t inode = 0;
  off_t size = 0;
  timespec modified{};
  bool operator==(const Stamp& other) const {
    return inode == other.inode && size == other.size && modified.tv_sec == other.modified.tv_sec &&
           modified.tv_nsec == other.modified.tv_nsec;
  }
};

Stamp StampOf(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.inode = status.st_ino, .size = status.st_size, .modified = status.st_mtim};
}

// The same time for every token, its length included: digests are compared.
bool SameSecret(std::string_view a, std::string_view b) {
  using Digest = std::array<unsigned char, crypto_generichash_BYTES>;
  const auto digest = [](std::string_view text) {
    Digest out{};
    crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size(), nullptr, 0);
    return out;
  };
  const Digest left = digest(a), right = digest(b);
  return sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

class FileTokenVerifier final : public TokenVerifier {
 public:
  explicit FileTokenVerifier(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] Result<void> Read() {
    const Stamp stamp = StampOf(path_);
    auto token = ReadPrivateFile(path_);
    if (!token) return Failure(token.error().In("the token file"));
    token_ = *std::move(token);
    stamp_ = stamp;
    return {};
  }

  [[nodiscard]] Result<std::string> Verify(std::string_view token, std::string_view claimed,
                                           std::string_view) override {
    if (StampOf(path_) != stamp_) {
      // A file that is just being replaced: the token that was good stays good until there is another.
      if (auto read = Read(); !read) spdlog::warn("{}; the last token stays valid", read.error().message);
    }
    if (!SameSecret(token, token_.Reveal()))
      return Failure(ErrorKind::kDenied, "the token is not the collector's");
    return std::string(claimed);
  }

 private:
  std::filesystem::path path_;
  Secret token_;
  Stamp stamp_;
};

}  // namespace

Result<std::unique_ptr<TokenVerifier>> OpenTokenFile(std::filesystem::path path) {
  auto verifier = std::make_unique<FileTokenVerifier>(std::move(path));
  if (auto read = verifier->Read(); !read) return Failure(read.error());
  return verifier;
}

Result<void> EnsureTokenFile(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return {};
  constexpr std::size_t kRandomBytes = 32;
  std::array<unsigned char, kRandomBytes> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, 2 * kRandomBytes + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), random.data(), random.size());
  return WriteSecretFile(path, hex.data());
}

}  // namespace loadline::collector
