// Checked reading of fields. Only schemas/wire includes this.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "schemas/wire/decode.h"
#include "schemas/wire/layout.h"
#include "schemas/wire/text.h"

namespace loadline::wire {

// Reads the fields of one verified frame. The first fault is kept and every reading after it gives an empty
// value, so that the code that reads is straight; Finish turns the fault into the answer.
class FrameReader {
 public:
  // Text may be shared within a frame, so that a small frame could name a large one many times: all text that
  // is copied out together may not exceed the frame.
  explicit FrameReader(std::size_t frame_bytes) : text_left_(frame_bytes) {}

  [[nodiscard]] bool ok() const { return !bad_; }
  void Fail(FrameFault fault, const char* what) {
    if (!bad_) bad_ = BadFrame{fault, what};
  }

  std::string Text(const flatbuffers::String* text, std::size_t bound, const char* what) {
    if (!ok() || !text) return {};
    if (text->size() > bound || text->size() > text_left_) return Fail(FrameFault::kTooMany, what), "";
    if (!IsCleanText(text->string_view())) return Fail(FrameFault::kBadText, what), "";
    text_left_ -= text->size();
    return text->str();
  }

  std::string NonEmpty(const flatbuffers::String* text, std::size_t bound, const char* what) {
    if (!text || text->size() == 0) Fail(FrameFault::kMissingField, what);
    return Text(text, bound, what);
  }

  // A quantity that the values hold signed.
  std::int64_t Signed(std::uint64_t value, const char* what) {
    if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) Fail(FrameFault::kOutOfRange, what);
    return ok() ? static_cast<std::int64_t>(value) : 0;
  }

  template <typename T>
  T NotZero(T value, const char* what) {
    if (value == 0) Fail(FrameFault::kMissingField, what);
    return value;
  }

  template <typename E>
  E Enum(std::uint8_t value, E last, const char* what) {
    if (value > std::to_underlying(last)) Fail(FrameFault::kOutOfRange, what);
    return ok() ? static_cast<E>(value) : E{};
  }

  // How many entries of a list are to be read: all, or none after a fault.
  template <typename Vector>
  std::size_t Count(const Vector* list, std::size_t most, const char* what) {
    if (list && list->size() > most) Fail(FrameFault::kTooMany, what);
    return ok() && list ? list->size() : 0;
  }

  // `value` when nothing was wrong, else the first fault.
  template <typename T>
  std::expected<Message, BadFrame> Finish(T value) {
    if (bad_) return std::unexpected(*std::move(bad_));
    return std::expected<Message, BadFrame>(std::in_place, std::in_place_type<T>, std::move(value));
  }

 private:
  std::size_t text_left_;
  std::optional<BadFrame> bad_;
};

}  // namespace loadline::wire
