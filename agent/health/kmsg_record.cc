#include "agent/health/kmsg_record.h"

#include <charconv>

namespace loadline::agent {
namespace {

// The number in front of the comma, which is taken off together with it.
template <typename Number>
std::optional<Number> TakeNumber(std::string_view& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || length == text.size() || text[length] != ',') return std::nullopt;
  text.remove_prefix(length + 1);
  return number;
}

struct Head {
  unsigned priority = 0;
  std::uint64_t sequence = 0;
  std::uint64_t microseconds = 0;
  std::string_view flags;
  std::string_view rest;  // behind the semicolon
};

std::optional<Head> ParseHead(std::string_view bytes) {
  Head head;
  const auto priority = TakeNumber<unsigned>(bytes);
  if (!priority) return std::nullopt;
  const auto sequence = TakeNumber<std::uint64_t>(bytes);
  if (!sequence) return std::nullopt;
  const auto microseconds = TakeNumber<std::uint64_t>(bytes);
  if (!microseconds) return std::nullopt;
  const std::size_t end = bytes.find(';');
  if (end == std::string_view::npos || bytes.substr(0, end).find('\n') != std::string_view::npos)
    return std::nullopt;
  return Head{.priority = *priority,
              .sequence = *sequence,
              .microseconds = *microseconds,
              .flags = bytes.substr(0, std::min(end, bytes.find(','))),
              .rest = bytes.substr(end + 1)};
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string Unescaped(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x') {
      const int high = HexDigit(text[i + 2]);
      const int low = HexDigit(text[i + 3]);
      if (high >= 0 && low >= 0) {
        plain += static_cast<char>(high * 16 + low);
        i += 3;
        continue;
      }
    }
    plain += text[i];
  }
  return plain;
}

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::optional<KmsgRecord> ParseKmsgRecord(std::string_view bytes) {
  auto head = ParseHead(bytes);
  if (!head) return std::nullopt;
  KmsgRecord record{.facility = static_cast<int>(head->priority >> 3),
                    .level = static_cast<int>(head->priority & 7),
                    .sequence = head->sequence,
                    .since_boot = std::chrono::microseconds(head->microseconds),
                    .continues = head->flags.find('+') != std::string_view::npos};
  record.text = Unescaped(TakeLine(head->rest));
  while (!head->rest.empty()) {
    const std::string_view line = TakeLine(head->rest);
    const std::size_t equals = line.find('=');
    if (!line.starts_with(' ') || equals == std::string_view::npos) continue;
    record.values.emplace_back(line.substr(1, equals - 1), Unescaped(line.substr(equals + 1)));
  }
  return record;
}

}  // namespace loadline::agent
