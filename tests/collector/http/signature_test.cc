#include "collector/http/signature.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "collector/http/jwt_assertion.h"
#include "collector/http/oauth2_tokens.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

Key NewRsa() {
  return Key(EVP_RSA_gen(2048));
}

std::string Pem(EVP_PKEY* key) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

// As a server of tokens does, with the public half.
bool Holds(EVP_PKEY* key, const EVP_MD* digest, std::string_view text, std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  const auto bytes = [](std::string_view of) { return reinterpret_cast<const unsigned char*>(of.data()); };
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

std::string FromBase64Url(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  const std::size_t missing = (4 - text.size() % 4) % 4;
  text.append(missing, '=');
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  EXPECT_GE(size, 0) << text;
  bytes.resize(bytes.size() - missing);
  return bytes;
}

struct Token {
  json header;
  json claims;
  std::string signed_text;
  std::string signature;
};
Token Read(const std::string& token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  return {.header = json::parse(FromBase64Url(token.substr(0, first))),
          .claims = json::parse(FromBase64Url(token.substr(first + 1, last - first - 1))),
          .signed_text = token.substr(0, last),
          .signature = FromBase64Url(token.substr(last + 1))};
}

TEST(Signature, OfRsaHoldsForItsTextAndNoOther) {
  const Key key = NewRsa();
  const Secret pem = Pem(key.get());
  for (const auto& [name, digest] :
       {std::pair("RS256", EVP_sha256()), {"RS384", EVP_sha384()}, {"RS512", EVP_sha512()}}) {
    const auto signature = SignRsa("a.b", pem, name);
    ASSERT_TRUE(signature) << signature.error().message;
    EXPECT_TRUE(Holds(key.get(), digest, "a.b", *signature)) << name;
    EXPECT_FALSE(Holds(key.get(), digest, "a.c", *signature)) << name;
  }
}

TEST(Signature, NeedsAKeyOfRsaThatCanBeRead) {
  const Key other(EVP_EC_gen("P-256"));
  for (const std::string& pem : {std::string(), std::string("nonsense"), Pem(other.get())}) {
    const auto signature = SignRsa("text", pem, "RS256");
    ASSERT_FALSE(signature);
    EXPECT_THAT(signature.error().message, HasSubstr("no private key of RSA"));
  }
}

// RFC 4231, case 2.
TEST(Signature, HmacIsThatOfTheStandard) {
  EXPECT_EQ(HmacSha256("what do ya want for nothing?", Secret("Jefe")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(AreSame("abc", "abc"));
  EXPECT_FALSE(AreSame("abc", "abd"));
  EXPECT_FALSE(AreSame("abc", "ab"));
}

class JwtBearer : public testing::Test {
 protected:
  OAuth2Options Options() {
    return {.client_id = "us:er",
            .token_url = server_.Url("/token"),
            .scopes = {"alerts", "more"},
            .jwt = JwtOptions{.key = {.text = Pem(key_.get())}}};
  }
  // What stands behind a name in the body of the request.
  std::string Sent(std::size_t request, const std::string& name) {
    const std::string body = server_.seen().at(request).body;
    const std::size_t at = ("&" + body).find("&" + name + "=");
    if (at == std::string::npos) return "";
    const std::string rest = body.substr(at + name.size() + 1);
    return rest.substr(0, rest.find('&'));
  }
  Key key_ = NewRsa();
  test::HttpServer server_;
  ManualClock clock_;
};

TEST_F(JwtBearer, ShowsASignedAssertionAndNoSecret) {
  server_.Queue({.body = R"({"access_token": "abc", "expires_in": 60})"});
  EXPECT_EQ(OAuth2Tokens(Options(), clock_).Get({})->Reveal(), "Bearer abc");
  const test::SeenRequest request = server_.seen().at(0);
  EXPECT_FALSE(request.headers.contains("authorization"));
  EXPECT_THAT(request.body,
              StartsWith("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="));
  EXPECT_EQ(Sent(0, "scope"), "alerts%20more");
  const Token token = Read(Sent(0, "assertion"));
  EXPECT_TRUE(Holds(key_.get(), EVP_sha256(), token.signed_text, token.signature));
  EXPECT_EQ(token.header, (json{{"alg", "RS256"}, {"typ", "JWT"}}));
  EXPECT_EQ(token.claims.at("iss"), "us:er");
  EXPECT_EQ(token.claims.at("sub"), "us:er");
  EXPECT_EQ(token.claims.at("aud"), server_.Url("/token"));
  EXPECT_EQ(token.claims.at("scope"), "alerts more");
  EXPECT_EQ(token.claims.at("iat"), 1767225600);
  EXPECT_EQ(token.claims.at("exp"), 1767225600 + 600);
}

TEST_F(JwtBearer, SaysWhatTheFileWantsItToSay) {
  server_.Queue({.body = R"({"access_token": "abc"})"});
  OAuth2Options options = Options();
  options.scopes.clear();
  options.parameters = {{"resource", "https://a/"}};
  options.jwt->key_id = "k1";
  options.jwt->algorithm = "RS512";
  options.jwt->issuer = "me";
  options.jwt->audience = "them";
  options.jwt->claims = {{"n", "5"}, {"roles", R"(["a"])"}, {"sub", R"("other")"}};
  ASSERT_TRUE(OAuth2Tokens(options, clock_).Get({}));
  const Token token = Read(Sent(0, "assertion"));
  EXPECT_TRUE(Holds(key_.get(), EVP_sha512(), token.signed_text, token.signature));
  EXPECT_EQ(token.header.at("kid"), "k1");
  EXPECT_EQ(token.claims.at("iss"), "me");
  EXPECT_EQ(token.claims.at("aud"), "them");
  EXPECT_EQ(token.claims.at("n"), 5);
  EXPECT_EQ(token.claims.at("roles"), json::array({"a"}));
  EXPECT_EQ(token.claims.at("sub"), "other");
  EXPECT_FALSE(token.claims.contains("scope"));
  EXPECT_EQ(Sent(0, "resource"), "https%3A%2F%2Fa%2F");
}

TEST_F(JwtBearer, NoTwoAssertionsAreTheSameAndTheKeyIsThatOfTheMoment) {
  const TemporaryFolder folder;
  OAuth2Options options = Options();
  options.jwt->key = {.file = folder.path() + "/key.pem"};
  OAuth2Tokens tokens(options, clock_);
  EXPECT_THAT(tokens.Get({}).error().message, HasSubstr("key.pem"));
  std::ofstream(folder.path() + "/key.pem") << Pem(key_.get());
  server_.Queue({.body = R"({"access_token": "abc"})"});
  server_.Queue({.body = R"({"access_token": "def"})"});
  const auto first = tokens.Get({});
  ASSERT_TRUE(first) << first.error().message;
  tokens.Drop(*first);
  ASSERT_TRUE(tokens.Get({}));
  EXPECT_NE(Read(Sent(0, "assertion")).claims.at("jti"), Read(Sent(1, "assertion")).claims.at("jti"));
}

TEST_F(JwtBearer, ARefusalIsNotTriedWithTheKeyInAnotherPlace) {
  server_.Queue({.status = 400, .body = R"({"error": "invalid_grant"})"});
  const auto token = OAuth2Tokens(Options(), clock_).Get({});
  ASSERT_FALSE(token);
  EXPECT_THAT(token.error().message, HasSubstr("HTTP 400, invalid_grant"));
  EXPECT_EQ(server_.seen().size(), 1);
}

}  // namespace
}  // namespace loadline::collector
