#include "collector/sink/outcome_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collector/alert/wall_json.h"
#include "collector/sink/written_json.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

bool WorthANote(const DeliveryReport& report) {
  return report.outcome.verdict != Verdict::kRetry || !report.outcome.keep.empty();
}

std::string Encode(const DeliveryReport& report, std::uint64_t number) {
  json keep = json::object();
  for (const auto& [key, value] : report.outcome.keep) keep[key] = value ? json(*value) : json(nullptr);
  return Written({{"n", number},
                  {"id", report.id},
                  {"integration", report.integration},
                  {"verdict", static_cast<int>(report.outcome.verdict)},
                  {"detail", report.outcome.detail},
                  {"keep", std::move(keep)},
                  {"superseded", report.outcome.superseded},
                  {"attempts", report.attempts},
                  {"at", ToJson(report.at)}});
}

struct Numbered {
  std::uint64_t number = 0;
  DeliveryReport report;
};

std::optional<Numbered> Decode(std::string_view line) try {
  const json in = json::parse(line);
  const std::int64_t verdict = WholeFrom(in.at("verdict"));
  if (verdict < static_cast<int>(Verdict::kDelivered) || verdict > static_cast<int>(Verdict::kRefused))
    return std::nullopt;
  Numbered out;
  out.number = static_cast<std::uint64_t>(WholeFrom(in.at("n")));
  out.report.id = in.at("id").get<std::string>();
  out.report.integration = in.at("integration").get<std::string>();
  out.report.outcome.verdict = static_cast<Verdict>(verdict);
  out.report.outcome.detail = in.at("detail").get<std::string>();
  out.report.outcome.superseded = in.value("superseded", false);
  out.report.attempts = static_cast<std::uint32_t>(WholeFrom(in.at("attempts")));
  out.report.at = WallFrom(in.at("at"));
  for (const auto& [key, value] : in.at("keep").items()) {
    out.report.outcome.keep[key] = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
  }
  return out;
} catch (const json::exception&) {
  return std::nullopt;
}

// Appends what the lines say to `notes`; how many are damaged.
std::size_t Read(std::string_view lines, std::vector<Numbered>& notes) {
  std::size_t damaged = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    auto note = Decode(line);
    if (note) notes.push_back(std::move(*note));
    // The last line may have been cut by the end of the process that wrote it.
    if (!note && !line.empty() && end < lines.size()) ++damaged;
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return damaged;
}

}  // namespace

Result<std::vector<DeliveryReport>> OutcomeLog::Load() {
  const Result<std::vector<std::string>> stretches = notes_.Load();
  if (!stretches) return Failure(stretches.error().In("outcomes of sends"));
  std::vector<Numbered> notes;
  std::size_t damaged = 0;
  for (const std::string& lines : *stretches) damaged += Read(lines, notes);
  if (damaged > 0)
    spdlog::warn("{} notes of what was sent are damaged and left out: what they told of may be sent again",
                 damaged);
  std::ranges::sort(notes, {}, &Numbered::number);
  std::vector<DeliveryReport> reports;
  for (Numbered& note : notes) {
    number_ = std::max(number_, note.number);
    reports.push_back(std::move(note.report));
  }
  return reports;
}

void OutcomeLog::Note(std::span<const DeliveryReport> reports) {
  // A line begins with its end: whatever a kill left of the one before is closed by it.
  std::string lines;
  std::uint64_t notes = 0;
  for (const DeliveryReport& report : reports) {
    if (!WorthANote(report)) continue;
    lines += '\n' + Encode(report, ++number_);
    ++notes;
  }
  if (lines.empty()) return;
  if (!notes_.Append(lines)) lost_ += notes;
}

}  // namespace loadline::collector
