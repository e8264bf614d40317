#include "collector/alert_text/template_layout.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace loadline::collector {
namespace {

// Those that begin with another one come before it.
constexpr std::array<std::string_view, 33> kElements = {
    "January", "Jan",       "Monday", "Mon",     "MST",   "002",       "01",     "02",      "03",
    "04",      "05",        "06",     "15",      "1",     "2006",      "2",      "__2",     "_2",
    "3",       "4",         "5",      "PM",      "pm",    "-07:00:00", "-07:00", "-070000", "-0700",
    "-07",     "Z07:00:00", "Z07:00", "Z070000", "Z0700", "Z07"};

bool IsDigitAt(std::string_view text, std::size_t at) {
  return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
}

// .000 and .999: a part of a second, when no other digit follows.
std::size_t FractionLength(std::string_view text) {
  if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || (text[1] != '0' && text[1] != '9')) return 0;
  const std::size_t end = std::min(text.find_first_not_of(text[1], 1), text.size());
  return IsDigitAt(text, end) ? 0 : end;
}

bool Fits(std::string_view element, std::string_view text) {
  if (!text.starts_with(element)) return false;
  if (element == "_2") return !text.starts_with("_2006");
  if (element != "Jan" && element != "Mon") return true;
  return text.size() == 3 || std::islower(static_cast<unsigned char>(text[3])) == 0;
}

std::size_t ElementLength(std::string_view text) {
  if (const std::size_t fraction = FractionLength(text)) return fraction;
  for (const std::string_view element : kElements) {
    if (Fits(element, text)) return element.size();
  }
  return 0;
}

}  // namespace

LayoutPiece TakeLayoutPiece(std::string_view& layout) {
  for (std::size_t at = 0; at < layout.size(); ++at) {
    const std::size_t length = ElementLength(layout.substr(at));
    if (length == 0) continue;
    const LayoutPiece piece{.text = layout.substr(0, at), .element = layout.substr(at, length)};
    layout.remove_prefix(at + length);
    return piece;
  }
  const LayoutPiece piece{.text = layout};
  layout = {};
  return piece;
}

}  // namespace loadline::collector
