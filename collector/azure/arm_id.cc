#include "collector/azure/arm_id.h"

#include <algorithm>
#include <cctype>

#include "schemas/base/letter_case.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kLongest = 2048;

bool IsName(std::string_view part) {
  const bool plain = std::ranges::all_of(part, [](unsigned char c) {
    return std::isalnum(c) || std::string_view("-_.()").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return plain && part.find_first_not_of('.') != part.npos;
}

}  // namespace

bool EqualNames(std::string_view a, std::string_view b) {
  return SameButForCase(a, b);
}

std::optional<ArmId> ArmId::Parse(std::string_view text) {
  if (!text.starts_with('/') || text.size() > kLongest) return std::nullopt;
  ArmId id;
  id.text_ = text;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view part = text.substr(0, text.find('/'));
    if (!IsName(part)) return std::nullopt;
    id.parts_.emplace_back(part);
    text.remove_prefix(part.size());
  }
  if (id.parts_.size() % 2 != 0 || !EqualNames(id.parts_.front(), "subscriptions")) return std::nullopt;
  return id;
}

std::string_view ArmId::Of(std::string_view type) const {
  for (std::size_t i = 0; i < parts_.size(); i += 2)
    if (EqualNames(parts_[i], type)) return parts_[i + 1];
  return {};
}

std::string_view ArmId::type() const {
  return parts_[parts_.size() - 2];
}

}  // namespace loadline::collector
