#include "collector/ingest/key_files.h"

#include <unistd.h>

#include <fstream>
#include <system_error>

#include "schemas/base/secret_file.h"

namespace loadline::collector {
namespace {

// The public key is for everybody; written again when it does not belong to the secret one.
Result<void> EnsurePublicFile(const std::filesystem::path& path, const std::string& key) {
  std::string present;
  if (std::ifstream file(path); file && std::getline(file, present) && present == key) return {};
  // A mounted Secret holds the secret key alone; the public one is told another way.
  if (present.empty() && ::access(path.parent_path().c_str(), W_OK) != 0) return {};
  std::ofstream file(path, std::ios::trunc);
  file << key << '\n';
  file.close();
  if (!file) return Failure(ErrorKind::kDenied, path.string() + " cannot be written");
  // Whatever the process's umask.
  std::error_code ignored;
  std::filesystem::permissions(path, std::filesystem::perms(0644), ignored);
  return {};
}

}  // namespace

Result<CurveKeys> EnsureCurveKeys(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return SystemFailure("making " + directory.string(), error.value());
  const std::filesystem::path secret_path = directory / "collector.key";
  if (!std::filesystem::exists(secret_path, error)) {
    const auto keys = NewCurveKeys();
    if (!keys) return Failure(keys.error());
    if (auto written = WriteSecretFile(secret_path, keys->secret_key); !written)
      return Failure(written.error());
  }
  auto secret = ReadPrivateFile(secret_path);
  if (!secret) return Failure(secret.error());
  auto public_key = PublicKeyOf(*secret);
  if (!public_key) return Failure(public_key.error().In(secret_path.string()));
  if (auto written = EnsurePublicFile(directory / "collector.pub", *public_key); !written) {
    return Failure(written.error());
  }
  return CurveKeys{.public_key = *std::move(public_key), .secret_key = *std::move(secret)};
}

}  // namespace loadline::collector
