#include "collector/serve/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <tuple>
#include <utility>

namespace loadline::collector {
namespace {

constexpr std::chrono::seconds kLookEvery{1};

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL, Free>;

// The library's word for what went wrong last; nothing of the files' contents.
std::string Trouble() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "it cannot be read";
}

int ChooseHttp(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
               unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kOurs = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, kOurs.data(), kOurs.size(), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Result<Context> Load(const TlsFiles& files) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Failure(ErrorKind::kExhausted, "no memory for TLS");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseHttp, nullptr);
  // A key with a password is refused, not asked about on a terminal.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    return Failure(ErrorKind::kInvalid, fmt::format("certificate {}: {}", files.certificate, Trouble()));
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return Failure(ErrorKind::kInvalid, fmt::format("key {}: {}", files.key, Trouble()));
  if (SSL_CTX_check_private_key(context.get()) != 1)
    return Failure(ErrorKind::kInvalid, fmt::format("key {}: {}", files.key, Trouble()));
  return context;
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(Fd socket, Session session) : socket_(std::move(socket)), session_(std::move(session)) {}

  [[nodiscard]] int fd() const override { return socket_.get(); }
  long Read(std::span<char> into) override {
    ERR_clear_error();
    return Judge(SSL_read(session_.get(), into.data(), static_cast<int>(into.size())));
  }
  long Write(std::string_view bytes) override {
    ERR_clear_error();
    return Judge(SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())));
  }
  [[nodiscard]] bool wants_write() const override { return wants_write_; }
  void Finish() override {
    ERR_clear_error();
    if (!broken_ && SSL_is_init_finished(session_.get())) SSL_shutdown(session_.get());
    ::shutdown(socket_.get(), SHUT_WR);
  }

 private:
  long Judge(int done) {
    wants_write_ = false;
    if (done > 0) return done;
    switch (SSL_get_error(session_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        return kLater;
      case SSL_ERROR_WANT_WRITE:
        wants_write_ = true;
        return kLater;
      default:
        broken_ = true;
        return kGone;
    }
  }

  const Fd socket_;
  const Session session_;
  bool wants_write_ = false;
  bool broken_ = false;
};

// Which version of a file it is.
using Stamp = std::tuple<ino_t, off_t, time_t, long>;
Stamp StampOf(const std::string& path) {
  struct stat seen{};
  if (::stat(path.c_str(), &seen) != 0) return {};
  return {seen.st_ino, seen.st_size, seen.st_mtim.tv_sec, seen.st_mtim.tv_nsec};
}

class RenewedTls final : public Tls {
 public:
  RenewedTls(TlsFiles files, std::function<void(const std::string&)> on_trouble)
      : files_(std::move(files)), on_trouble_(std::move(on_trouble)) {}

  Result<void> Reload() {
    stamps_ = Stamps();
    Result<Context> context = Load(files_);
    if (!context) return Failure(context.error());
    context_ = std::move(*context);
    return {};
  }

  std::unique_ptr<Transport> Accept(Fd socket) override {
    Renew();
    Session session(SSL_new(context_.get()));
    if (!session || SSL_set_fd(session.get(), socket.get()) != 1) return nullptr;
    SSL_set_accept_state(session.get());
    return std::make_unique<TlsTransport>(std::move(socket), std::move(session));
  }

 private:
  [[nodiscard]] std::pair<Stamp, Stamp> Stamps() const {
    return {StampOf(files_.certificate), StampOf(files_.key)};
  }
  void Renew() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_look_) return;
    next_look_ = now + kLookEvery;
    if (Stamps() == stamps_) return;
    if (const Result<void> done = Reload(); !done && on_trouble_) on_trouble_(done.error().message);
  }

  const TlsFiles files_;
  const std::function<void(const std::string&)> on_trouble_;
  Context context_;
  std::pair<Stamp, Stamp> stamps_;  // of what was read last, right or wrong
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace

Result<std::shared_ptr<Tls>> Tls::Open(const TlsFiles& files,
                                       std::function<void(const std::string& why)> on_trouble) {
  auto tls = std::make_shared<RenewedTls>(files, std::move(on_trouble));
  if (const Result<void> loaded = tls->Reload(); !loaded) return Failure(loaded.error());
  return tls;
}

}  // namespace loadline::collector
