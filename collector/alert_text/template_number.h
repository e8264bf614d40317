// Numbers and quoted strings as Go's strconv and fmt write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loadline::collector {

// How a verb of printf asks for it: %+08.3f
struct PrintVerb {
  char verb = 'v';
  int width = -1;      // -1: none given
  int precision = -1;  // likewise
  bool minus = false;
  bool plus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  // %+v and %#v: names of fields, and Go's source text; these signs then mean nothing else.
  bool with_names = false;
  bool as_source = false;
};

// 1.5, 1e+06; `form` is one of e, E, f, F, g, G. A precision of -1 is the shortest that is read back the same.
std::string FloatText(double value, char form, int precision);
// By a verb that is for whole numbers: d, b, o, O, x, X; without its width.
std::string IntegerText(std::int64_t value, const PrintVerb& verb);
// By a verb that is for floats, with its sign and zeros; without its width unless zeros fill it.
std::string RealText(double value, const PrintVerb& verb);
// With quotes, and escapes for what cannot be printed; `ascii`: for all beyond ASCII too.
std::string Quoted(std::string_view text, char quote, bool ascii);
// Spaces, or zeros, to its width.
std::string Padded(std::string text, const PrintVerb& verb);

}  // namespace loadline::collector
