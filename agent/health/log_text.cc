#include "agent/health/log_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace loadline::agent {
namespace {

constexpr auto kNone = std::string_view::npos;
// A line that is put together of records is not let grow beyond this.
constexpr std::size_t kLongestLine = 8192;

bool Digit(char c) {
  return c >= '0' && c <= '9';
}
bool Space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool Letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && Space(text.front())) text.remove_prefix(1);
  while (!text.empty() && (Space(text.back()) || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

// Whether `text` looks like `shape`: 0 a digit, _ a digit or a space, a a letter, anything else itself.
bool HasShape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool fits = shape[i] == '0'   ? Digit(c)
                      : shape[i] == '_' ? Digit(c) || c == ' '
                      : shape[i] == 'a' ? Letter(c)
                                        : c == shape[i];
    if (!fits) return false;
  }
  return true;
}

// "  123.456789", "  +0.000012", "  123.456789<    0.000012>": seconds, as the kernel and dmesg write them.
bool IsSeconds(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == kNone || point == 0 || !Digit(text[point - 1])) return false;
  if (text.size() < point + 7 || !std::all_of(text.begin() + point + 1, text.begin() + point + 7, Digit))
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return Digit(c) || c == ' ' || c == '.' || c == '+' || c == '<' || c == '>';
  });
}

// "Tue Dec  1 00:46:32 2026" of `dmesg -T`, "Dec 1 00:46" of `dmesg --reltime`.
bool IsDate(std::string_view text) {
  return HasShape(text, "aaa aaa _0 00:00:00 0000") || HasShape(text, "aaa_0 00:00") ||
         HasShape(text, "aaa _0 00:00") || HasShape(text, "aaa 0 00:00");
}

// "  T1234", "   C0": the task or the CPU that printed.
bool IsCaller(std::string_view text) {
  text = Trimmed(text);
  return text.size() >= 2 && (text[0] == 'T' || text[0] == 'C') && std::ranges::all_of(text.substr(1), Digit);
}

// What is between brackets at the front of `text`; nothing when there is none.
std::optional<std::string_view> Bracketed(std::string_view text) {
  if (!text.starts_with('[')) return std::nullopt;
  const std::size_t end = text.substr(0, 64).find(']');
  if (end == kNone) return std::nullopt;
  return text.substr(1, end - 1);
}

void TakeBracketed(std::string_view& text, std::string_view inside) {
  text.remove_prefix(inside.size() + 2);
}

// "[   12.345678] ", and "[  T123] " behind it.
bool TakeStamp(std::string_view& text) {
  const auto stamp = Bracketed(text);
  if (!stamp || !(IsSeconds(*stamp) || IsDate(*stamp))) return false;
  TakeBracketed(text, *stamp);
  const std::size_t gap = std::min(text.find_first_not_of(' '), text.size());
  if (const auto caller = Bracketed(text.substr(gap)); caller && IsCaller(*caller)) {
    text.remove_prefix(gap);
    TakeBracketed(text, *caller);
  }
  text = Trimmed(text);
  return true;
}

// "<6>"
void TakePriority(std::string_view& text) {
  const std::size_t end = text.substr(0, 6).find('>');
  if (!text.starts_with('<') || end == kNone || end < 2) return;
  if (std::ranges::all_of(text.substr(1, end - 1), Digit)) text = Trimmed(text.substr(end + 1));
}

// "kern  :warn  : " of `dmesg -x`, which fills both up to six letters
void TakeFacilityAndLevel(std::string_view& text) {
  static constexpr std::array<std::string_view, 8> kLevels = {"emerg", "alert",  "crit", "err",
                                                              "warn",  "notice", "info", "debug"};
  const std::size_t first = text.substr(0, 10).find(':');
  if (first == kNone || first < 6) return;
  const std::size_t second = text.substr(0, first + 10).find(':', first + 1);
  if (second == kNone || second - first <= 6) return;
  const std::string_view level = Trimmed(text.substr(first + 1, second - first - 1));
  if (std::ranges::find(kLevels, level) != kLevels.end()) text = Trimmed(text.substr(second + 1));
}

std::string_view TakeWord(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text = Trimmed(text.substr(word.size()));
  return word;
}

// "host kernel: ", "kernel: "
bool TakeKernelTag(std::string_view& text) {
  static constexpr std::string_view kTag = "kernel:";
  std::string_view rest = text;
  if (!rest.starts_with(kTag)) (void)TakeWord(rest);
  if (!rest.starts_with(kTag)) return false;
  text = Trimmed(rest.substr(kTag.size()));
  return true;
}

// "sshd[123]:"
bool IsProgramWithPid(std::string_view word) {
  if (!word.ends_with("]:")) return false;
  const std::size_t open = word.rfind('[');
  const std::string_view pid = word.substr(open + 1, word.size() - 2 - (open + 1));
  return open != kNone && open > 0 && !pid.empty() && std::ranges::all_of(pid, Digit);
}

enum class Whose { kKernel, kOther };

// The head of a syslog's line behind its time: host and program.
Whose TakeSyslogHead(std::string_view& text) {
  if (TakeKernelTag(text)) return Whose::kKernel;
  std::string_view rest = text;
  const std::string_view first = TakeWord(rest);
  if (IsProgramWithPid(first)) return Whose::kOther;
  std::string_view behind = rest;
  if (IsProgramWithPid(TakeWord(behind))) return Whose::kOther;
  if (!first.ends_with(':') && !rest.empty()) text = rest;  // the host's name
  return Whose::kKernel;
}

// Date and time at the front of the line, as syslogs, journalctl and `dmesg --time-format iso` write it.
Whose TakeDate(std::string_view& text) {
  static constexpr std::array<std::string_view, 5> kShapes = {
      "aaa _0 00:00:00", "0000-00-00T00:00:00", "0000-00-00 00:00:00", "aaa 0000-00-00 00:00:00 aaa",
      "0000000000.000000"};
  for (const std::string_view shape : kShapes) {
    if (!HasShape(text, shape)) continue;
    text.remove_prefix(shape.size());
    const std::string_view fraction = text.substr(0, text.find(' '));
    text = Trimmed(text.substr(fraction.size()));
    // dmesg writes a comma, and the kernel's words follow at once.
    return fraction.starts_with(',') ? Whose::kKernel : TakeSyslogHead(text);
  }
  return Whose::kKernel;
}

// Where in the text a stamp of the kernel's stands; npos: nowhere.
std::size_t FindStamp(std::string_view text) {
  for (std::size_t at = text.find('['); at != kNone; at = text.find('[', at + 1)) {
    const auto inside = Bracketed(text.substr(at));
    if (inside && IsSeconds(*inside)) return at;
  }
  return kNone;
}

void AddWords(std::string_view text, std::vector<std::string_view>& words) {
  text = Trimmed(text);
  if (!text.empty()) words.push_back(text);
}

}  // namespace

void KernelWords(std::string_view line, std::vector<std::string_view>& words) {
  line = Trimmed(line);
  TakePriority(line);
  if (TakeDate(line) == Whose::kOther) return;
  TakeFacilityAndLevel(line);
  TakePriority(line);
  // `journalctl -o short-monotonic` has the host behind the stamp.
  if (TakeStamp(line)) (void)TakeKernelTag(line);
  if (line.starts_with("kernel:")) (void)TakeKernelTag(line);
  (void)TakeStamp(line);
  for (std::size_t at = FindStamp(line); at != kNone; at = FindStamp(line)) {
    AddWords(line.substr(0, at), words);
    line.remove_prefix(at);
    (void)TakeStamp(line);
  }
  AddWords(line, words);
}

std::span<const std::string_view> LogText::Lines(std::string_view raw) {
  if (const auto record = ParseKmsgRecord(raw)) {
    in_record_ = true;
    return Lines(*record);
  }
  lines_.clear();
  if (in_record_ && raw.starts_with(' ') && raw.find('=') != kNone) return lines_;
  in_record_ = false;
  KernelWords(raw, lines_);
  return lines_;
}

std::span<const std::string_view> LogText::Lines(const KmsgRecord& record) {
  (void)gaps_.Saw(record.sequence);
  if (!record.continues || text_.size() + record.text.size() > kLongestLine) text_.clear();
  text_ += record.text;
  lines_.clear();
  for (std::string_view rest = text_; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    AddWords(rest.substr(0, end), lines_);
    rest.remove_prefix(end == kNone ? rest.size() : end + 1);
  }
  return lines_;
}

}  // namespace loadline::agent
