#include "tests/fuzz/canned_http.h"

#include <charconv>
#include <string>

#include "tests/fuzz/readers.h"

namespace loadline {
namespace {

collector::HttpResponse canned;

// As libcurl gives it, piece by piece.
constexpr std::size_t kPiece = 7;
// Then nobody answers any more: a list that names a next page for ever has an end.
constexpr int kMostAnswers = 20;
int answered = 0;

}  // namespace

const collector::HttpResponse& fuzz::Answer(std::string_view text) {
  canned = {};
  answered = 0;
  const std::string_view status = Cut(text, '\n');
  std::from_chars(status.data(), status.data() + status.size(), canned.status);
  while (!text.empty()) {
    std::string_view value = Cut(text, '\n');
    if (value.empty()) break;
    const std::string_view name = Cut(value, ':');
    if (value.starts_with(' ')) value.remove_prefix(1);
    canned.headers.emplace(name, value);
  }
  canned.body = text;
  return canned;
}

namespace collector {

struct HttpClient::Handle {};

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::Do(const HttpRequest& request) {
  if (++answered > kMostAnswers) return Failure(ErrorKind::kUnavailable, "no answer");
  if (!request.on_body || !canned.ok()) return canned;
  HttpResponse answer = canned;
  std::string_view rest = canned.body;
  answer.body.clear();
  while (!rest.empty() && request.on_body(rest.substr(0, kPiece)))
    rest.remove_prefix(std::min(kPiece, rest.size()));
  return answer;
}

}  // namespace collector
}  // namespace loadline
