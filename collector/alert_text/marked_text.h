// Text that knows which of its bytes strangers wrote.
//
// A template joins its own words with names of pods, labels and annotations, and cuts, joins and replaces in
// both. What strangers wrote has to stay words wherever it ends up; what the template says itself may be
// markup. So each piece keeps its origin through every function, and is escaped where it is written.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {

class MarkedText {
 public:
  MarkedText() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): the template's own words.
  MarkedText(std::string own) : bytes_(std::move(own)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): the template's own words.
  MarkedText(const char* own) : bytes_(own) {}
  static MarkedText Of(std::string bytes, bool foreign);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] bool AnyForeign() const { return !turns_.empty(); }

  void Append(std::string_view bytes, bool foreign);
  void Append(const MarkedText& text);
  // `count` bytes from `at`, fewer at the end.
  [[nodiscard]] MarkedText Part(std::size_t at, std::size_t count = std::string::npos) const;
  // Its pieces, each of one origin, in their order.
  void EachPiece(const std::function<void(std::string_view piece, bool foreign)>& visit) const;
  // Each piece changed by itself; what a stranger's became stays a stranger's.
  [[nodiscard]] MarkedText Mapped(const std::function<std::string(std::string_view piece)>& change) const;
  // What became of the whole: a stranger's when any of this was.
  [[nodiscard]] MarkedText Became(std::string bytes) const { return Of(std::move(bytes), AnyForeign()); }

 private:
  [[nodiscard]] bool EndsForeign() const { return turns_.size() % 2 == 1; }

  std::string bytes_;
  std::vector<std::size_t> turns_;  // where the origin changes, beginning with the template's own
};

}  // namespace loadline::collector
