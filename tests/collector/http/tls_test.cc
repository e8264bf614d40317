// What http_config says of certificates and tunnels, against a server that asks for them.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "collector/http/http_client.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class TlsTest : public testing::Test {
 protected:
  void Serve(std::vector<const char*> options = {}) {
    int out[2];
    ASSERT_EQ(pipe(out), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      std::vector<const char*> arguments = {"/usr/bin/python3", "tests/support/tls_server.py",
                                            folder_.path().c_str()};
      arguments.insert(arguments.end(), options.begin(), options.end());
      arguments.push_back(nullptr);
      execv(arguments[0], const_cast<char* const*>(arguments.data()));
      _exit(127);
    }
    close(out[1]);
    FILE* said = fdopen(out[0], "r");
    ASSERT_EQ(std::fscanf(said, "%d %d", &port_, &proxy_port_), 2) << "the server did not start";
    std::fclose(said);
  }
  void TearDown() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] std::string Url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_) + "/path";
  }
  [[nodiscard]] std::string File(const std::string& name) const { return folder_.path() + "/" + name; }
  [[nodiscard]] std::string Text(const std::string& name) const {
    std::ifstream file(File(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Who trusts the server, by the name that its certificate has.
  [[nodiscard]] HttpClientOptions Trusting() const {
    return {.ca_file = File("cert.pem"), .server_name = "receiver.example"};
  }
  Result<json> Ask(const HttpClientOptions& options, HttpRequest request = {}) {
    if (request.url.empty()) request.url = Url();
    HttpClient client(options);
    const Result<HttpResponse> answer = client.Do(request);
    if (!answer) return Failure(answer.error());
    return json::parse(answer->body);
  }

  TemporaryFolder folder_;
  pid_t pid_ = -1;
  int port_ = 0;
  int proxy_port_ = 0;
};

TEST_F(TlsTest, ACertificateMustBeOfTheHostOrOfTheNameThatWasGiven) {
  Serve();
  const auto by_host = Ask({.ca_file = File("cert.pem")});
  ASSERT_FALSE(by_host);
  EXPECT_EQ(by_host.error().kind, ErrorKind::kDenied);
  const auto by_name = Ask(Trusting());
  ASSERT_TRUE(by_name) << by_name.error().message;
  EXPECT_EQ((*by_name)["sni"], "receiver.example");
  EXPECT_EQ((*by_name)["host"], "127.0.0.1:" + std::to_string(port_))
      << "the request goes to the host all the same";
  EXPECT_EQ((*by_name)["path"], "/path");
  EXPECT_EQ(Ask({.ca_file = File("cert.pem"), .server_name = "other.example"}).error().kind,
            ErrorKind::kDenied);
}

TEST_F(TlsTest, NobodyIsTrustedWithoutAnAuthorityUnlessAnyCertificateWillDo) {
  Serve();
  EXPECT_EQ(Ask({.server_name = "receiver.example"}).error().kind, ErrorKind::kDenied);
  EXPECT_TRUE(Ask({.any_certificate = true}));
  EXPECT_TRUE(Ask({.ca_pem = Text("cert.pem"), .server_name = "receiver.example"})) << "as text";
}

TEST_F(TlsTest, AClientProvesWhoItIsByFileOrText) {
  Serve({"--client-certificate"});
  EXPECT_FALSE(Ask(Trusting()));
  HttpClientOptions by_file = Trusting();
  by_file.certificate_file = File("client.pem");
  by_file.key_file = File("client.key");
  const auto filed = Ask(by_file);
  ASSERT_TRUE(filed) << filed.error().message;
  EXPECT_EQ((*filed)["client"], "loadline");
  HttpClientOptions by_text = Trusting();
  by_text.certificate_pem = Text("client.pem");
  by_text.key_pem = Text("client.key");
  const auto texted = Ask(by_text);
  ASSERT_TRUE(texted) << texted.error().message;
  EXPECT_EQ((*texted)["client"], "loadline");
  HttpClientOptions mixed = Trusting();
  mixed.certificate_pem = Text("client.pem");
  mixed.key_file = File("client.key");
  EXPECT_TRUE(Ask(mixed));
  HttpClientOptions missing = Trusting();
  missing.certificate_file = missing.key_file = File("nothing.pem");
  const auto without = Ask(missing);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind, ErrorKind::kDenied);
}

TEST_F(TlsTest, VersionsOfTlsAreBoundBelowAndAbove) {
  Serve({"--newest", "TLSv1_2"});
  EXPECT_EQ((*Ask(Trusting()))["tls"], "TLSv1.2");
  HttpClientOptions newer = Trusting();
  newer.oldest_tls = TlsVersion::kTls13;
  EXPECT_FALSE(Ask(newer));
}

TEST_F(TlsTest, ANewestVersionIsKeptTo) {
  Serve();
  EXPECT_EQ((*Ask(Trusting()))["tls"], "TLSv1.3");
  HttpClientOptions older = Trusting();
  older.newest_tls = TlsVersion::kTls12;
  EXPECT_EQ((*Ask(older))["tls"], "TLSv1.2");
}

TEST_F(TlsTest, AProxyIsToldItsOwnHeadersAndNothingElse) {
  Serve();
  HttpClientOptions options = Trusting();
  options.proxy = {.by = HttpProxy::By::kUrl,
                   .url = "http://me:pw@127.0.0.1:" + std::to_string(proxy_port_),
                   .connect_headers = {{"X-Tunnel", "s3cret"}}};
  const auto answer = Ask(options, {.headers = {"X-Mine: 1"}, .authorization = "Bearer t0ken"});
  ASSERT_TRUE(answer) << answer.error().message;
  const std::string tunnels = Text("tunnels");
  EXPECT_THAT(tunnels, HasSubstr("CONNECT 127.0.0.1:" + std::to_string(port_)));
  EXPECT_THAT(tunnels, HasSubstr("X-Tunnel: s3cret"));
  EXPECT_THAT(tunnels, HasSubstr("Proxy-Authorization: Basic bWU6cHc="));
  EXPECT_THAT(tunnels, Not(HasSubstr("t0ken")));
  EXPECT_THAT(tunnels, Not(HasSubstr("X-Mine")));
}

TEST_F(TlsTest, AProxyIsPassedByForHostsThatAreNamed) {
  Serve();
  HttpClientOptions options = Trusting();
  options.proxy = {.by = HttpProxy::By::kUrl,
                   .url = "http://127.0.0.1:" + std::to_string(proxy_port_),
                   .past = "other.example, 127.0.0.1"};
  ASSERT_TRUE(Ask(options));
  EXPECT_EQ(Text("tunnels"), "");
  options.proxy.past = "receiver.example";
  ASSERT_TRUE(Ask(options));
  EXPECT_NE(Text("tunnels"), "") << "the host counts, not the name that its certificate has";
}

}  // namespace
}  // namespace loadline::collector
