// Where in an HTML text something stands: between tags, in an attribute, in a comment. Follows text piece by
// piece, as Go's html/template does, and leaves comments out of it.
#pragma once

#include <string>
#include <string_view>

namespace loadline::collector {

class HtmlPlace {
 public:
  enum class Where {
    kText,
    kTitle,
    kScript,
    kStyle,
    kComment,
    kTag,
    kAttributeName,
    kAfterName,
    kBeforeValue,
    kValue
  };
  enum class Holds { kPlain, kUrl, kStyle, kScript };

  // Follows a piece of the template's own words; gives what is to be written of it.
  std::string Follow(std::string_view piece);
  // A value comes now: where a value of an attribute would begin it begins, without quotes.
  void Nudge();

  [[nodiscard]] Where where() const { return where_; }
  // Of an attribute's value.
  [[nodiscard]] Holds holds() const { return holds_; }
  [[nodiscard]] bool unquoted() const { return quote_ == ' '; }
  // Of an address: nothing of it has come yet; it is behind ? or #.
  [[nodiscard]] bool url_begins() const { return !url_begun_; }
  [[nodiscard]] bool url_query() const { return url_query_; }

 private:
  std::size_t InText(std::string_view rest, std::string& out);
  std::size_t InRaw(std::string_view rest, std::string& out);
  std::size_t InComment(std::string_view rest);
  std::size_t InTag(std::string_view rest, std::string& out);
  std::size_t InValue(std::string_view rest, std::string& out);
  std::size_t Copied(std::string_view rest, std::size_t count, std::string& out);
  void EndTag();
  void NameEnds();

  Where where_ = Where::kText;
  Holds holds_ = Holds::kPlain;
  std::string element_;    // "script", "style", "title", "textarea", or empty
  std::string attribute_;  // its name so far
  char quote_ = 0;         // " or ' or, for none, a space
  bool url_begun_ = false;
  bool url_query_ = false;
};

}  // namespace loadline::collector
