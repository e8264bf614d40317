#include "collector/sink/mailbox.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

bool IsAddress(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool odd = std::ranges::any_of(text, [](unsigned char c) {
    return c <= 0x20 || c == 0x7f ||
           std::string_view("<>()[]\\,;:\"").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return !odd && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view list) : list_(list) {}

  Result<std::vector<Mailbox>> All() {
    for (const char c : list_) {
      if (!Take(c)) return Bad();
    }
    if (quoted_ || inside_ || !Finish()) return Bad();
    return std::move(mailboxes_);
  }

 private:
  bool Take(char c) {
    if (std::exchange(escaped_, false)) {
      words_ += c;
    } else if (quoted_) {
      if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        quoted_ = false;
      } else {
        words_ += c;
      }
    } else if (inside_) {
      c == '>' ? void(inside_ = false) : void(*address_ += c);
    } else if (c == ',') {
      return Finish();
    } else if (address_) {
      return c == ' ' || c == '\t';
    } else if (c == '<') {
      inside_ = true;
      address_.emplace();
    } else if (c == '"') {
      quoted_ = true;
    } else {
      words_ += c;
    }
    return true;
  }
  // Of one of them; nothing at all between two commas is none.
  bool Finish() {
    const std::string said = std::exchange(words_, {});
    std::string words(Trimmed(said, kBlanks));
    const std::optional<std::string> address = std::exchange(address_, std::nullopt);
    if (!address && words.empty()) return true;
    Mailbox mailbox =
        address ? Mailbox{.name = std::move(words), .address = std::string(Trimmed(*address, kBlanks))}
                : Mailbox{.address = std::move(words)};
    if (!IsAddress(mailbox.address)) return false;
    mailboxes_.push_back(std::move(mailbox));
    return true;
  }
  std::unexpected<Error> Bad() const {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("'{}': expected name@domain, or Name <name@domain>", list_));
  }

  const std::string_view list_;
  std::vector<Mailbox> mailboxes_;
  std::string words_;
  std::optional<std::string> address_;
  bool quoted_ = false;
  bool escaped_ = false;
  bool inside_ = false;
};

}  // namespace

Result<std::vector<Mailbox>> ParseMailboxes(std::string_view list) {
  return Reader(list).All();
}

}  // namespace loadline::collector
