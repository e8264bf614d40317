// What strangers wrote, shown so that it stays words.
//
// A process, a cgroup, a pod's annotation is called whatever its owner likes. Bytes that move a cursor, begin
// an escape sequence, break a line or turn the direction of reading are not shown to people as they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loadline {

// Bytes at the front of `text`, which is not empty, that people must not be shown as they are: a control
// character (below U+0020, U+007F to U+009F), what changes the direction of reading (U+061C, U+200E, U+200F,
// U+202A to U+202E, U+2066 to U+2069), another end of line (U+2028, U+2029), or one byte that is no UTF-8 (as
// 0x9b begins a sequence on an 8-bit terminal). 0: the character may be shown.
std::size_t UnprintableLength(std::string_view text);

// Each of them spelt out byte by byte, "\x1b". For terminals and logs.
std::string Printable(std::string_view text);
// The same, with line feeds left as they are: for a text whose lines are ours.
std::string PrintableLines(std::string_view text);

// Each of them as one space. For the text of messages, where spelt-out bytes would be read by people.
std::string Spaced(std::string_view text);
// The same, with line feeds left as they are.
std::string SpacedLines(std::string_view text);

// At most `bytes` long, cut between two characters of UTF-8 and ended by "...".
std::string Cut(std::string_view text, std::size_t bytes);

}  // namespace loadline
