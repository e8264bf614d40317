// One piece of what lasts, as bytes of schemas/state.fbs and back.
//
//   state::Builder builder;
//   const std::string bytes = state::Finish(builder, fb::CreateTrial(builder, ...));
//   if (const fb::Trial* trial = state::Content<fb::Trial>(bytes)) ...
//
// Bytes are verified before anything in them is looked at: the disk may have changed them. What a reader then
// finds is a table of the schema; that its numbers make sense is for the reader to say.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/state/tables.h"
#include "schemas/base/instants.h"
#include "schemas/state_generated.h"

namespace loadline::state {

// The piece that these bytes are; null when they are none. Lies in the bytes, which are a string of their own
// so that numbers in them are aligned.
const fb::Piece* Read(const std::string& bytes);
// Whether they begin as the bytes of a piece do; damaged ones may as well.
bool IsPiece(std::string_view bytes);

template <typename T>
std::string Finish(Builder& builder, flatbuffers::Offset<T> content) {
  builder.Finish(fb::CreatePiece(builder, fb::ContentTraits<T>::enum_value, content.Union()),
                 fb::PieceIdentifier());
  std::string bytes(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  builder.Clear();
  return bytes;
}

// The content of a piece of that kind; null when it is damaged or of another kind.
template <typename T>
const T* Content(const std::string& bytes) {
  const fb::Piece* piece = Read(bytes);
  return piece != nullptr ? piece->content_as<T>() : nullptr;
}

// ---- values

inline std::int64_t Ns(Wall at) {
  return at.time_since_epoch().count();
}
inline flatbuffers::Optional<std::int64_t> Ns(const std::optional<Wall>& at) {
  return at ? flatbuffers::Optional(Ns(*at)) : flatbuffers::nullopt;
}
// Within what can be calculated with, whatever was written.
inline Wall Instant(std::int64_t ns) {
  return WithinReach(Wall(Duration(ns)));
}
inline std::optional<Wall> Instant(const flatbuffers::Optional<std::int64_t>& ns) {
  return ns ? std::optional(Instant(*ns)) : std::nullopt;
}
inline Duration Length(std::int64_t ns) {
  return WithinReach(Duration(ns));
}

// What is below zero, infinite or no number is none: a sum may have been rounded to just below it.
template <typename T>
T Amount(T value) {
  return std::isfinite(value) && value >= 0 ? value : T{0};
}

// "" for none.
inline std::string Text(const flatbuffers::String* text) {
  return text != nullptr ? text->str() : std::string();
}
// No text takes no room.
inline flatbuffers::Offset<flatbuffers::String> Text(Builder& to, const std::string& text) {
  return text.empty() ? 0 : to.CreateString(text);
}
// One that stands in a piece many times, and is written once.
inline flatbuffers::Offset<flatbuffers::String> Repeated(Builder& to, const std::string& text) {
  return text.empty() ? 0 : to.CreateSharedString(text);
}

// An empty vector for none.
template <typename T>
std::vector<T> Numbers(const flatbuffers::Vector<T>* numbers) {
  return numbers != nullptr ? std::vector<T>(numbers->begin(), numbers->end()) : std::vector<T>();
}
template <typename T>
flatbuffers::Offset<flatbuffers::Vector<T>> Numbers(Builder& to, const std::vector<T>& numbers) {
  return numbers.empty() ? 0 : to.CreateVector(numbers);
}
// Of each value what `write` makes of it.
template <typename T, typename Range, typename Write>
flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<T>>> Tables(Builder& to, const Range& values,
                                                                        Write write) {
  std::vector<flatbuffers::Offset<T>> tables;
  tables.reserve(std::size(values));
  for (const auto& value : values) tables.push_back(write(value));
  return tables.empty() ? 0 : to.CreateVector(tables);
}
// Calls `read` with each table there is.
template <typename T, typename Read>
void EachTable(const flatbuffers::Vector<flatbuffers::Offset<T>>* tables, Read read) {
  if (tables == nullptr) return;
  for (const T* table : *tables) read(*table);
}

}  // namespace loadline::state
