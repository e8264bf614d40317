#include "agent/net/plain_answer.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "schemas/base/letter_case.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kVersion = "HTTP/1.";

struct Head {
  int status = 0;
  std::optional<std::size_t> length;
  bool chunked = false;
};

std::unexpected<Error> Bad(const char* what) {
  return Failure(ErrorKind::kUnavailable, what);
}

template <typename Number>
bool ReadNumber(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// "HTTP/1.1 200 OK"
bool ReadStatus(std::string_view line, int& status) {
  return line.starts_with(kVersion) && line.size() >= 12 && line[8] == ' ' &&
         ReadNumber(line.substr(9, 3), status) && status >= 100 && status < 600;
}

Result<Head> ReadHead(std::string_view head) {
  Head read;
  if (!ReadStatus(head.substr(0, head.find(kEndOfLine)), read.status)) return Bad("the answer is no HTTP");
  for (std::size_t at = head.find(kEndOfLine); at != std::string_view::npos; at = head.find(kEndOfLine, at)) {
    at += kEndOfLine.size();
    const std::string_view line = head.substr(at, head.find(kEndOfLine, at) - at);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = Trimmed(line.substr(colon + 1));
    if (SameButForCase(name, "transfer-encoding")) read.chunked = true;
    if (!SameButForCase(name, "content-length")) continue;
    std::size_t length = 0;
    if (!ReadNumber(value, length) || (read.length && *read.length != length))
      return Bad("the length of the answer is none");
    read.length = length;
  }
  return read;
}

// Nothing: the last chunk has not come yet.
Result<std::optional<std::string>> ReadChunks(std::string_view bytes) {
  std::string body;
  for (;;) {
    const std::size_t end = bytes.find(kEndOfLine);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view size_text = Trimmed(bytes.substr(0, std::min(end, bytes.find(';'))));
    std::size_t size = 0;
    if (!ReadNumber(size_text, size, 16)) return Bad("a piece of the answer has no length");
    bytes.remove_prefix(end + kEndOfLine.size());
    if (size == 0) return body;
    if (bytes.size() < kEndOfLine.size() || size > bytes.size() - kEndOfLine.size()) return std::nullopt;
    body += bytes.substr(0, size);
    if (bytes.substr(size, kEndOfLine.size()) != kEndOfLine) return Bad("a piece of the answer has no end");
    bytes.remove_prefix(size + kEndOfLine.size());
  }
}

}  // namespace

Result<std::optional<PlainAnswer>> ReadPlainAnswer(std::string_view bytes, bool ended) {
  const std::string_view begins = bytes.substr(0, kVersion.size());
  if (begins != kVersion.substr(0, begins.size())) return Bad("the answer is no HTTP");
  const auto unfinished = [ended]() -> Result<std::optional<PlainAnswer>> {
    if (ended) return Bad("the answer ended before it was whole");
    return std::nullopt;
  };
  const std::size_t end = bytes.find(kEndOfHead);
  if (end == std::string_view::npos) return unfinished();
  const Result<Head> head = ReadHead(bytes.substr(0, end));
  if (!head) return Failure(head.error());
  const std::string_view rest = bytes.substr(end + kEndOfHead.size());
  if (head->chunked) {
    Result<std::optional<std::string>> body = ReadChunks(rest);
    if (!body) return Failure(body.error());
    if (!*body) return unfinished();
    return PlainAnswer{head->status, std::move(**body)};
  }
  if (head->length ? rest.size() < *head->length : !ended) return unfinished();
  return PlainAnswer{head->status, std::string(rest.substr(0, head->length.value_or(rest.size())))};
}

}  // namespace loadline::agent
