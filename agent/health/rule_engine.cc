#include "agent/health/rule_engine.h"

#include <fmt/format.h>
#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "agent/health/atom_scanner.h"
#include "agent/health/pattern.h"

namespace loadline::agent {
namespace {

// Shorter texts stand in too many lines to be worth asking for.
constexpr int kShortestAtom = 3;
// For each pattern, grown only as far as the log makes it grow.
constexpr std::int64_t kMemoryOfPattern = 1 << 20;
// Sets of atoms for which it is known which patterns want them.
constexpr std::size_t kMostKnown = 512;

RE2::Options PatternOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryOfPattern);
  // A byte is a character: a line that is no UTF-8 is matched like any other.
  options.set_encoding(RE2::Options::EncodingLatin1);
  return options;
}

// Rules that are looked at together, and the texts that each cannot do without.
class Group {
 public:
  Group() : filter_(kShortestAtom) {}

  Result<void> Add(const LogRule& rule, std::size_t index) {
    const std::string expression = rule.pattern + "\\z";
    int id = 0;
    if (filter_.Add(expression, PatternOptions(), &id) != RE2::NoError) {
      const RE2 again(expression, PatternOptions());
      return Failure(ErrorKind::kInvalid, fmt::format("{}: rule {}: pattern '{}': {}", rule.file, rule.reason,
                                                      rule.pattern, again.error()));
    }
    indices_.push_back(index);
    return {};
  }

  // The texts, put behind those of other groups.
  void Compile(std::vector<std::string>& atoms) {
    if (indices_.empty()) return;
    first_atom_ = static_cast<int>(atoms.size());
    std::vector<std::string> own;
    filter_.Compile(&own);
    end_atom_ = first_atom_ + static_cast<int>(own.size());
    atoms.insert(atoms.end(), own.begin(), own.end());
    filter_.AllPotentials({}, &always_);
  }

  [[nodiscard]] bool Owns(int atom) const { return atom >= first_atom_ && atom < end_atom_; }
  [[nodiscard]] bool empty() const { return indices_.empty(); }

  // Patterns that may match where these atoms of its own stand. Logs say the same again and again, so that what was
  // asked lately is known.
  const std::vector<int>& Candidates(const std::vector<int>& atoms) {
    if (atoms.empty()) return always_;
    if (known_.size() == kMostKnown) known_.clear();
    const auto [place, is_new] = known_.try_emplace(atoms);
    if (is_new) {
      std::vector<int> own;
      for (const int atom : atoms) own.push_back(atom - first_atom_);
      filter_.AllPotentials(own, &place->second);
    }
    return place->second;
  }

  [[nodiscard]] const RE2& pattern(int id) const { return filter_.GetRE2(id); }
  [[nodiscard]] std::size_t rule(int id) const { return indices_[static_cast<std::size_t>(id)]; }

 private:
  re2::FilteredRE2 filter_;
  std::vector<std::size_t> indices_;  // by pattern: its rule
  int first_atom_ = 0;
  int end_atom_ = 0;
  std::vector<int> always_;  // patterns without a text that they need
  std::map<std::vector<int>, std::vector<int>> known_;
};

// Where a match begins that reaches into the text from `fresh` on.
std::optional<std::size_t> FindFresh(const RE2& pattern, std::string_view text, std::size_t fresh) {
  const re2::StringPiece whole(text.data(), text.size());
  re2::StringPiece found;
  for (std::size_t from = 0; from <= text.size();) {
    if (!pattern.Match(whole, from, text.size(), RE2::UNANCHORED, &found, 1)) return std::nullopt;
    const auto begin = static_cast<std::size_t>(found.data() - text.data());
    const std::size_t end = begin + found.size();
    if (end > fresh || end == text.size()) return begin;
    // What an alternative in front of the last one found in older lines has been told.
    from = std::max(end, begin + 1);
  }
  return std::nullopt;
}

}  // namespace

class RuleEngine::Work {
 public:
  Result<void> Compile(std::vector<LogRule> rules) {
    rules_ = std::move(rules);
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const LogRule& rule = rules_[i];
      const bool one_line = StaysInOneLine(rule.pattern);
      if (const auto added = (one_line ? one_line_ : several_lines_).Add(rule, i); !added) return added;
      if (!one_line) kept_ = std::max(kept_, static_cast<std::size_t>(rule.buffer_lines));
    }
    std::vector<std::string> atoms;
    one_line_.Compile(atoms);
    several_lines_.Compile(atoms);
    scanner_.emplace(atoms);
    return {};
  }

  const std::vector<RuleMatch>& Next(std::string_view line) {
    matches_.clear();
    found_.clear();
    // Texts may reach over the end of a line.
    scanner_->Scan("\n", found_);
    scanner_->Scan(line, found_);
    MatchLine(line);
    if (!several_lines_.empty()) MatchLines(line);
    std::ranges::sort(matches_, {}, [](const RuleMatch& match) { return match.rule; });
    return matches_;
  }

  [[nodiscard]] std::size_t rules() const { return rules_.size(); }

 private:
  struct KeptLine {
    std::string text;
    std::vector<int> atoms;  // of several_lines_
  };

  void Take(Group& group, std::vector<int>& own) const {
    own.clear();
    std::ranges::copy_if(found_, std::back_inserter(own), [&](int atom) { return group.Owns(atom); });
  }

  void Told(const LogRule& rule, std::string_view text) {
    matches_.push_back({.rule = &rule, .text = std::string(text)});
    if (!rule.suffix.empty()) matches_.back().text += "; " + rule.suffix;
  }

  void MatchLine(std::string_view line) {
    if (one_line_.empty()) return;
    Take(one_line_, atoms_);
    for (const int id : one_line_.Candidates(atoms_))
      if (FindFresh(one_line_.pattern(id), line, 0)) Told(rules_[one_line_.rule(id)], line);
  }

  void MatchLines(std::string_view line) {
    if (last_.size() == kept_) last_.pop_front();
    last_.emplace_back().text = line;
    Take(several_lines_, last_.back().atoms);
    atoms_.clear();
    for (const KeptLine& each : last_) atoms_.insert(atoms_.end(), each.atoms.begin(), each.atoms.end());
    std::ranges::sort(atoms_);
    atoms_.erase(std::ranges::unique(atoms_).begin(), atoms_.end());
    for (const int id : several_lines_.Candidates(atoms_))
      MatchJoined(several_lines_.pattern(id), rules_[several_lines_.rule(id)]);
  }

  void MatchJoined(const RE2& pattern, const LogRule& rule) {
    const std::size_t lines = std::min(last_.size(), static_cast<std::size_t>(rule.buffer_lines));
    std::string text;
    std::size_t fresh = 0;
    for (std::size_t i = last_.size() - lines; i < last_.size(); ++i) {
      if (i > last_.size() - lines) text += '\n';
      fresh = text.size();
      text += last_[i].text;
    }
    const auto begin = FindFresh(pattern, text, fresh);
    if (!begin) return;
    const std::size_t before = *begin == 0 ? std::string::npos : text.rfind('\n', *begin - 1);
    Told(rule, std::string_view(text).substr(before == std::string::npos ? 0 : before + 1));
  }

  std::vector<LogRule> rules_;
  Group one_line_;
  Group several_lines_;
  std::optional<AtomScanner> scanner_;
  std::size_t kept_ = 1;  // lines, for rules of several
  std::deque<KeptLine> last_;
  std::vector<RuleMatch> matches_;
  std::vector<int> found_;
  std::vector<int> atoms_;
};

std::string RuleMatch::InOneLine() const {
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string(" | ") : std::string(1, c);
  return line;
}

RuleEngine::RuleEngine(std::unique_ptr<Work> work) : work_(std::move(work)) {}
RuleEngine::RuleEngine(RuleEngine&&) noexcept = default;
RuleEngine& RuleEngine::operator=(RuleEngine&&) noexcept = default;
RuleEngine::~RuleEngine() = default;

Result<RuleEngine> RuleEngine::Make(std::vector<LogRule> rules) {
  auto work = std::make_unique<Work>();
  if (const auto compiled = work->Compile(std::move(rules)); !compiled) return Failure(compiled.error());
  return RuleEngine(std::move(work));
}

const std::vector<RuleMatch>& RuleEngine::Next(std::string_view line) {
  return work_->Next(line);
}

std::size_t RuleEngine::rules() const {
  return work_->rules();
}

}  // namespace loadline::agent
