// What ends reading or filling in a template: an exception that does not leave this room. Readers and
// functions are nested too deeply to hand each fault up by hand; outside it is an Error.
#pragma once

#include <string>

namespace loadline::collector {

struct TemplateFault {
  std::string words;
  std::size_t line = 0;  // within the text, from 1; 0: not known yet
  std::string file{};    // of `templates:`; empty: the text itself
};

}  // namespace loadline::collector
