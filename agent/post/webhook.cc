#include "agent/post/webhook.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

namespace loadline::agent {
namespace {

constexpr long kTimeoutMs = 10'000;

std::size_t Ignore(char* /*data*/, std::size_t size, std::size_t count, void* /*context*/) {
  return size * count;
}

// Slack shows the block, in which it looks for no links and names by itself; others read the text.
nlohmann::json Body(const std::string& text) {
  const nlohmann::json plain = {{"type", "plain_text"}, {"text", text}, {"emoji", false}};
  return {{"text", text}, {"blocks", {{{"type", "section"}, {"text", plain}}}}};
}

}  // namespace

Result<void> PostText(const std::string& url, const std::string& text) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), &curl_slist_free_all);
  if (!curl || !headers) return Failure(ErrorKind::kExhausted, "no memory for a request");
  const std::string body = Body(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_COPYPOSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Ignore);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK)
    return Failure(ErrorKind::kUnavailable, curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 200 && status < 300) return {};
  return Failure(ErrorKind::kUnavailable, fmt::format("HTTP {}", status));
}

}  // namespace loadline::agent
