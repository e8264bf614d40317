// May this sender speak for this node?
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline::collector {

class TokenVerifier {
 public:
  virtual ~TokenVerifier() = default;

  // The name of the node that the bearer of the token may speak for; `claimed` itself where tokens are not
  // bound to nodes. kDenied when it may not. kUnavailable while the answer is not known yet: an
  // implementation that has to ask somebody answers so at once and finds out meanwhile; the agent will greet
  // again. `from` is the address that shows the token, so that none of them can take all of the asking;
  // empty: a token that was good is looked at again. Never waits.
  [[nodiscard]] virtual Result<std::string> Verify(std::string_view token, std::string_view claimed,
                                                   std::string_view from) = 0;
};

// One token for all nodes, in a file: what `run` makes. The file is read again when it changes, and the
// comparison takes the same time whatever the token. Fails when the file cannot be read or holds nothing.
[[nodiscard]] Result<std::unique_ptr<TokenVerifier>> OpenTokenFile(std::filesystem::path path);

// Writes a new random token, readable by its owner only. Leaves a file that is there as it is.
[[nodiscard]] Result<void> EnsureTokenFile(const std::filesystem::path& path);

}  // namespace loadline::collector
