// Encrypted connections, by a certificate that is renewed while the server runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "collector/serve/transport.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct TlsFiles {
  std::string certificate;  // PEM: ours first, then those that lead to an authority
  std::string key;          // PEM, without a password
};

class Tls {
 public:
  // Fails when the files cannot be read or do not belong together, and says which. They are read again when
  // they change, at most once a second; while the new ones are wrong the old ones hold, and `on_trouble` is
  // told why, once.
  static Result<std::shared_ptr<Tls>> Open(const TlsFiles& files,
                                           std::function<void(const std::string& why)> on_trouble);
  virtual ~Tls() = default;

  // The server's side of a connection; null when there is no memory for it. For one thread at a time, which
  // must not be killed by SIGPIPE.
  virtual std::unique_ptr<Transport> Accept(Fd socket) = 0;
};

}  // namespace loadline::collector
