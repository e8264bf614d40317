#include "collector/app/who_may_write.h"

#include <memory>
#include <mutex>
#include <utility>

#include "collector/ingest/token.h"
#include "collector/serve/address.h"

namespace loadline::collector {
namespace {

// The token in a file, for many threads.
class Guard {
 public:
  explicit Guard(std::unique_ptr<TokenVerifier> tokens) : tokens_(std::move(tokens)) {}
  static Result<std::shared_ptr<Guard>> Open(const std::string& file) {
    Result<std::unique_ptr<TokenVerifier>> tokens = OpenTokenFile(file);
    if (!tokens) return Failure(tokens.error());
    return std::make_shared<Guard>(std::move(*tokens));
  }
  bool Knows(const std::string& token) {
    const std::lock_guard lock(mutex_);
    return tokens_->Verify(token, "", "").has_value();
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<TokenVerifier> tokens_;
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
  Result<std::shared_ptr<Guard>> guard = Guard::Open(token_file);
  if (!guard) return Failure(guard.error());
  return [guard = std::move(*guard)](const std::string& token) -> Result<void> {
    if (token.empty()) return Failure(ErrorKind::kDenied, "a token is needed (Authorization: Bearer)");
    if (!guard->Knows(token)) return Failure(ErrorKind::kDenied, "the token is wrong");
    return {};
  };
}

Result<MayRead> WhoMayRead(const std::string& token_file, MayRead others) {
  if (token_file.empty()) return others;
  Result<std::shared_ptr<Guard>> guard = Guard::Open(token_file);
  if (!guard) return Failure(guard.error());
  return [guard = std::move(*guard), others = std::move(others)](
             const std::string& token, std::string_view verb, std::string_view path) -> Result<void> {
    if (token.empty()) return Failure(ErrorKind::kInvalid, "a token is needed (Authorization: Bearer)");
    if (guard->Knows(token)) return {};
    if (others) return others(token, verb, path);
    return Failure(ErrorKind::kInvalid, "the token is wrong");
  };
}

}  // namespace loadline::collector
