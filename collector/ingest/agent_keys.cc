#include "collector/ingest/agent_keys.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <system_error>

#include "collector/ingest/curve_keys.h"
#include "schemas/base/folder.h"
#include "schemas/base/secret_file.h"

namespace loadline::collector {
namespace {

constexpr Duration kLookAgain = std::chrono::seconds(5);
// More are no folder of keys.
constexpr std::size_t kMostKeys = 10'000;

Result<std::string> PublicKeyOfSecretIn(const std::filesystem::path& file) {
  const Result<Secret> secret = ReadPrivateFile(file);
  if (!secret) return Failure(secret.error());
  Result<std::string> key = PublicKeyOf(*secret);
  if (!key) return Failure(key.error().In(file.string()));
  return key;
}

Result<zmtp::Key> PublicKeyIn(const std::filesystem::path& file) {
  const bool is_secret = file.extension() == ".key";
  Result<std::string> text = is_secret ? PublicKeyOfSecretIn(file) : ReadLineFile(file);
  if (!text) return Failure(text.error());
  Result<zmtp::Key> key = DecodeKey(*text);
  if (!key) return Failure(key.error().In(file.string()));
  return key;
}

bool IsKeyFile(const std::filesystem::path& file) {
  return file.extension() == ".key" || file.extension() == ".pub";
}

Result<std::set<zmtp::Key>> KeysIn(const std::filesystem::path& folder) {
  std::set<zmtp::Key> keys;
  const auto files = EntriesOf(folder);
  if (!files) return Failure(files.error());
  for (const std::filesystem::path& file : *files) {
    if (!IsKeyFile(file)) continue;
    Result<zmtp::Key> key = PublicKeyIn(file);
    if (!key) return Failure(key.error());
    keys.insert(*key);
    if (keys.size() > kMostKeys)
      return Failure(ErrorKind::kExhausted, folder.string() + " holds too many keys");
  }
  if (keys.empty()) {
    return Failure(ErrorKind::kNotFound, folder.string() + " holds no key of agents (*.key or *.pub)");
  }
  return keys;
}

class KeysOfFolder final : public AgentKeys {
 public:
  KeysOfFolder(std::filesystem::path folder, std::set<zmtp::Key> keys, Mono now)
      : folder_(std::move(folder)), keys_(std::move(keys)), next_look_(now + kLookAgain) {}

  [[nodiscard]] bool Admits(const zmtp::Key& client, Mono now) override {
    if (now >= next_look_) LookAgain(now);
    return keys_.contains(client);
  }

 private:
  void LookAgain(Mono now) {
    next_look_ = now + kLookAgain;
    Result<std::set<zmtp::Key>> keys = KeysIn(folder_);
    if (keys) {
      keys_ = *std::move(keys);
      trouble_.clear();
    } else if (trouble_ != keys.error().message) {
      trouble_ = keys.error().message;
      spdlog::warn("{}; the last keys of agents stay valid", trouble_);
    }
  }

  const std::filesystem::path folder_;
  std::set<zmtp::Key> keys_;
  std::string trouble_;  // as last said
  Mono next_look_;
};

class AnyKeyAtFirst final : public AgentKeys {
 public:
  AnyKeyAtFirst(Mono until, std::unique_ptr<AgentKeys> then) : until_(until), then_(std::move(then)) {}

  [[nodiscard]] bool Admits(const zmtp::Key& client, Mono now) override {
    return now < until_ || then_->Admits(client, now);
  }

 private:
  const Mono until_;
  const std::unique_ptr<AgentKeys> then_;
};

}  // namespace

std::unique_ptr<AgentKeys> AnyKeyUntil(Mono until, std::unique_ptr<AgentKeys> then) {
  return std::make_unique<AnyKeyAtFirst>(until, std::move(then));
}

Result<std::unique_ptr<AgentKeys>> OpenAgentKeys(std::filesystem::path folder, Mono now) {
  Result<std::set<zmtp::Key>> keys = KeysIn(folder);
  if (!keys) return Failure(keys.error().In("the keys of agents"));
  return std::make_unique<KeysOfFolder>(std::move(folder), *std::move(keys), now);
}

Result<void> EnsureAgentKey(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return SystemFailure("making " + folder.string(), error.value());
  const auto files = EntriesOf(folder);
  if (!files) return Failure(files.error());
  if (std::ranges::any_of(*files, IsKeyFile)) return {};
  const Result<CurveKeys> keys = NewCurveKeys();
  if (!keys) return Failure(keys.error());
  return WriteSecretFile(folder / "agent.key", keys->secret_key);
}

}  // namespace loadline::collector
