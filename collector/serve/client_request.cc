#include "collector/serve/client_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kMostHeaders = 100;
constexpr std::size_t kLongestMethod = 16;
constexpr std::string_view kEnd = "\r\n\r\n";

using Parsed = std::expected<HttpHead, HttpFault>;

std::unexpected<HttpFault> Bad(std::string message, int status = 400) {
  return std::unexpected(HttpFault{status, std::move(message)});
}

bool IsTokenChar(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}
bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsTokenChar);
}
bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// What stands before `mark`; `text` keeps what stands after it, and nothing when there is no mark.
std::string_view Cut(std::string_view& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  const std::string_view before = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
  return before;
}

bool HasWord(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (InLowerCase(Trimmed(Cut(list, ","), kBlanks)) == word) return true;
  }
  return false;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "http://host:port/path" leaves "/path" and gives the host. Proxies ask so.
std::string HostOfAbsolute(std::string_view& target) {
  constexpr std::array<std::string_view, 2> kSchemes = {"http://", "https://"};
  for (const std::string_view scheme : kSchemes) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t slash = std::min(target.find('/'), target.size());
    std::string host(target.substr(0, slash));
    target.remove_prefix(slash);
    if (target.empty()) target = "/";
    return host;
  }
  return "";
}

std::optional<HttpFault> ReadTarget(std::string_view target, ClientRequest& request) {
  std::string host = HostOfAbsolute(target);
  if (!target.starts_with('/')) return HttpFault{400, "the target must be a path"};
  if (!host.empty()) request.headers.emplace("host", std::move(host));
  std::string_view query = target.substr(0, target.find('#'));
  std::optional<std::string> path = PercentDecode(Cut(query, "?"), false);
  // The name of a cgroup may hold any byte but this one, so what is decoded may, too.
  if (!path || path->contains('\0')) return HttpFault{400, "the path cannot be read"};
  request.path = std::move(*path);
  while (!query.empty()) {
    std::string_view value = Cut(query, "&");
    if (value.empty()) continue;
    std::optional<std::string> name = PercentDecode(Cut(value, "="), true);
    std::optional<std::string> decoded = PercentDecode(value, true);
    if (!name || !decoded) return HttpFault{400, "the query cannot be read"};
    request.query.emplace_back(std::move(*name), std::move(*decoded));
  }
  return std::nullopt;
}

std::optional<HttpFault> ReadRequestLine(std::string_view line, ClientRequest& request) {
  const std::string_view method = Cut(line, " ");
  const std::string_view target = Cut(line, " ");
  if (!IsToken(method) || method.size() > kLongestMethod) return HttpFault{400, "this is no request"};
  if (!line.starts_with("HTTP/")) return HttpFault{400, "this is no request"};
  if (line != "HTTP/1.1" && line != "HTTP/1.0") return HttpFault{505, "only HTTP/1.1 and HTTP/1.0"};
  if (std::ranges::any_of(target, [](char c) { return IsControl(c); }))
    return HttpFault{400, "the target cannot be read"};
  request.method = method;
  request.old = line == "HTTP/1.0";
  return ReadTarget(target, request);
}

std::optional<HttpFault> ReadHeader(std::string_view line, ClientRequest& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon)))
    return HttpFault{400, "a header cannot be read"};
  const std::string_view value = Trimmed(line.substr(colon + 1), kBlanks);
  if (std::ranges::any_of(value, [](char c) { return c != '\t' && IsControl(c); }))
    return HttpFault{400, "a header cannot be read"};
  std::string name = InLowerCase(line.substr(0, colon));
  // A target with a host of its own goes before the header, as RFC 9112 has it.
  const bool once = name == "host" || name == "content-length" || name == "transfer-encoding" ||
                    name == "authorization" || name == "origin" || name == "content-type";
  if (once && request.headers.contains(name)) {
    if (name != "host") return HttpFault{400, "a header is given twice"};
    if (request.headers.count(name) > 1) return HttpFault{400, "a header is given twice"};
  }
  if (request.headers.size() >= kMostHeaders) return HttpFault{431, "too many headers"};
  request.headers.emplace(std::move(name), value);
  return std::nullopt;
}

std::optional<HttpFault> ReadFraming(const ClientRequest& request, BodyFraming& body) {
  const bool sized = request.headers.contains("content-length");
  if (request.headers.contains("transfer-encoding")) {
    if (sized || request.old) return HttpFault{400, "the body's length is given in two ways"};
    if (InLowerCase(request.Header("transfer-encoding")) != "chunked")
      return HttpFault{501, "only the transfer encoding chunked"};
    body.chunked = true;
  } else if (sized) {
    const std::string_view text = request.Header("content-length");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), body.length);
    if (error != std::errc() || end != text.data() + text.size())
      return HttpFault{400, "the body's length cannot be read"};
  }
  if (const std::string expect = InLowerCase(request.Header("expect")); !expect.empty()) {
    if (expect != "100-continue") return HttpFault{417, "only the expectation 100-continue"};
    body.expects_continue = !request.old;
  }
  return std::nullopt;
}

}  // namespace

std::string_view ClientRequest::Header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' && plus_is_space ? ' ' : text[i]);
    }
  }
  return decoded;
}

std::optional<std::size_t> EndOfHead(std::string_view bytes) {
  const std::size_t end = bytes.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  return end + kEnd.size();
}

Parsed ParseHead(std::string_view head) {
  if (!head.ends_with(kEnd)) return Bad("the head has no end");
  head.remove_suffix(2);  // of the empty line
  HttpHead parsed;
  ClientRequest& request = parsed.request;
  if (auto fault = ReadRequestLine(Cut(head, "\r\n"), request)) return std::unexpected(std::move(*fault));
  const bool absolute = request.headers.contains("host");
  while (!head.empty()) {
    if (auto fault = ReadHeader(Cut(head, "\r\n"), request)) return std::unexpected(std::move(*fault));
  }
  if (!absolute && request.headers.count("host") > 1) return Bad("a header is given twice");
  if (auto fault = ReadFraming(request, parsed.body)) return std::unexpected(std::move(*fault));
  const std::string_view connection = request.Header("connection");
  request.keep_alive = request.old ? HasWord(connection, "keep-alive") : !HasWord(connection, "close");
  return parsed;
}

}  // namespace loadline::collector
