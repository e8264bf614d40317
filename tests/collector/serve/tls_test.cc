// Encrypted connections, and a certificate that is renewed while the server runs.
#include "collector/serve/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include "collector/serve/http_server.h"
#include "tests/support/http_socket.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

template <auto F>
struct Call {
  template <typename T>
  void operator()(T* what) const {
    F(what);
  }
};

// Signs itself, and is called `name`.
void WriteCertificate(const std::string& name, const TlsFiles& files) {
  const std::unique_ptr<EVP_PKEY, Call<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Call<X509_free>> certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::unique_ptr<std::FILE, Call<std::fclose>> key_file(std::fopen(files.key.c_str(), "w"));
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  const std::unique_ptr<std::FILE, Call<std::fclose>> file(std::fopen(files.certificate.c_str(), "w"));
  PEM_write_X509(file.get(), certificate.get());
}

struct Heard {
  std::string name;    // of the certificate
  std::string answer;  // everything
};

Heard Ask(std::uint16_t port) {
  const std::unique_ptr<SSL_CTX, Call<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
  const test::HttpSocket socket(port);
  const std::unique_ptr<SSL, Call<SSL_free>> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), socket.fd());
  Heard heard;
  if (SSL_connect(ssl.get()) != 1) return heard;
  const std::unique_ptr<X509, Call<X509_free>> certificate(SSL_get1_peer_certificate(ssl.get()));
  char name[100] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
  heard.name = name;
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  char buffer[16 * 1024];
  for (int got = 0; (got = SSL_read(ssl.get(), buffer, sizeof buffer)) > 0;)
    heard.answer.append(buffer, static_cast<std::size_t>(got));
  return heard;
}

class Large final : public HttpHandler {
 public:
  bool WantsBody(const ClientRequest&) override { return false; }
  Reply Respond(const ClientRequest&, const std::shared_ptr<Pipe>&) override {
    return {.body = std::string(3'000'000, 'x') + "end"};
  }
};

class TlsTest : public testing::Test {
 protected:
  void Serve() {
    auto tls = Tls::Open(files_, [this](const std::string&) { ++troubles_; });
    ASSERT_TRUE(tls.has_value());
    HttpServerOptions options;
    options.limits.request_time = 300ms;
    options.transport = [tls = *tls](Fd socket) { return tls->Accept(std::move(socket)); };
    auto server = HttpServer::Start(std::move(options), large_);
    ASSERT_TRUE(server.has_value());
    server_ = std::move(*server);
  }
  void Await(const std::function<bool()>& something) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!something() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(20ms);
    EXPECT_TRUE(something());
  }

  const TemporaryFolder folder_;
  const TlsFiles files_{.certificate = folder_.path() + "/tls.crt", .key = folder_.path() + "/tls.key"};
  std::atomic<int> troubles_ = 0;
  Large large_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, CarriesALongAnswer) {
  WriteCertificate("one", files_);
  Serve();
  const Heard heard = Ask(server_->port());
  EXPECT_EQ(heard.name, "one");
  EXPECT_THAT(heard.answer, EndsWith("xend"));
}

TEST_F(TlsTest, TakesARenewedCertificateAndKeepsTheOldOneWhileTheNewOneIsWrong) {
  WriteCertificate("one", files_);
  Serve();
  EXPECT_EQ(Ask(server_->port()).name, "one");
  std::ofstream(files_.certificate) << "nonsense";
  Await([&] { return Ask(server_->port()).name == "one" && troubles_ > 0; });
  WriteCertificate("two", files_);
  Await([&] { return Ask(server_->port()).name == "two"; });
}

TEST_F(TlsTest, WhoDoesNotSpeakItHoldsNobodyUp) {
  WriteCertificate("one", files_);
  Serve();
  const test::HttpSocket clear(server_->port());
  clear.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const test::HttpSocket silent(server_->port());
  EXPECT_EQ(Ask(server_->port()).name, "one");
  EXPECT_TRUE(clear.Closed());
}

TEST_F(TlsTest, SaysWhichFileIsWrong) {
  const auto missing = Tls::Open(files_, {});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("tls.crt"));
  WriteCertificate("one", files_);
  const TlsFiles other{.certificate = folder_.path() + "/other.crt", .key = folder_.path() + "/other.key"};
  WriteCertificate("other", other);
  const auto mixed = Tls::Open({.certificate = files_.certificate, .key = other.key}, {});
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.error().message, HasSubstr("other.key"));
}

}  // namespace
}  // namespace loadline::collector
