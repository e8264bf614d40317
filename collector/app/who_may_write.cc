#include "collector/app/who_may_write.h"

#include <memory>
#include <mutex>
#include <utility>

#include "collector/ingest/token.h"
#include "collector/web/hosts.h"

namespace loadline::collector {
namespace {

struct Guard {
  std::mutex mutex;
  std::unique_ptr<TokenVerifier> tokens;
};

}  // namespace

Result<MayWrite> WhoMayWrite(const std::string& token_file, const std::string& address) {
  if (token_file.empty() && IsLoopback(address)) return [](const std::string&) { return Result<void>(); };
  if (token_file.empty()) {
    return [](const std::string&) -> Result<void> {
      return Failure(ErrorKind::kDenied,
                     "nobody may change anything here: security.write_token_file is not set");
    };
  }
  Result<std::unique_ptr<TokenVerifier>> tokens = OpenTokenFile(token_file);
  if (!tokens) return Failure(tokens.error());
  const auto guard = std::make_shared<Guard>();
  guard->tokens = std::move(*tokens);
  return [guard](const std::string& token) -> Result<void> {
    if (token.empty()) return Failure(ErrorKind::kDenied, "a token is needed (Authorization: Bearer)");
    const std::lock_guard lock(guard->mutex);
    if (!guard->tokens->Verify(token, "", "")) return Failure(ErrorKind::kDenied, "the token is wrong");
    return {};
  };
}

}  // namespace loadline::collector
