// What is read of an answer and written into a URL: without libcurl's handles, and so without a network.
#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>

#include "collector/http/http_client.h"

namespace loadline::collector {
namespace {

// Whoever asks for more has mistaken a unit.
constexpr std::chrono::seconds kLongestWait = std::chrono::hours(24 * 365);

}  // namespace

std::optional<std::string> HttpResponse::Header(const std::string& name) const {
  auto it = headers.find(name);
  return it == headers.end() ? std::nullopt : std::optional(it->second);
}

std::optional<Duration> RetryAfter(const HttpResponse& response, Wall now) {
  const std::optional<std::string> text = response.Header("retry-after");
  if (!text) return std::nullopt;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error == std::errc() && end == text->data() + text->size() && seconds >= 0) {
    const std::chrono::duration<double> wait(std::min(seconds, Seconds(kLongestWait)));
    return std::chrono::duration_cast<Duration>(wait);
  }
  const std::chrono::seconds at(curl_getdate(text->c_str(), nullptr));
  if (at < std::chrono::seconds(0)) return std::nullopt;
  // Before the sum has nanoseconds: a date may lie beyond all that they can count.
  if (at > std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) + kLongestWait)
    return kLongestWait;
  return std::max<Duration>(Wall(at) - now, Duration::zero());
}

std::string HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == url.npos) return "(no host)";
  const bool tls = url.substr(0, scheme) == "https" || url.substr(0, scheme) == "smtps";
  url = url.substr(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = url.rfind('@'); at != url.npos) url = url.substr(at + 1);
  const std::size_t colon = url.rfind(':');
  const bool has_port = colon != url.npos && url.find(']', colon) == url.npos;
  return has_port ? std::string(url) : fmt::format("{}:{}", url, tls ? 443 : 80);
}

std::string HostNameOf(std::string_view url) {
  std::string host = HostOf(url);
  host.resize(std::min(host.rfind(':'), host.size()));
  return host;
}

std::string RedirectedUrl(const std::string& url, const std::string& location) {
  if (location.empty()) return "";
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_set(parsed.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK)
    return "";
  char* found = nullptr;
  if (curl_url_get(parsed.get(), CURLUPART_URL, &found, 0) != CURLUE_OK) return "";
  const std::unique_ptr<char, void (*)(void*)> owned(found, curl_free);
  const std::string to(found);
  return to.starts_with("http://") || to.starts_with("https://") ? to : "";
}

std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view three = bytes.substr(i, 3);
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8U | (k < three.size() ? static_cast<unsigned char>(three[k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k <= three.size() ? kDigits[bits >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

std::string UrlEncode(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

}  // namespace loadline::collector
