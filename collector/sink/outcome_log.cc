#include "collector/sink/outcome_log.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "collector/alert/wall_json.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

bool WorthANote(const DeliveryReport& report) {
  return report.outcome.verdict != Verdict::kRetry || !report.outcome.keep.empty();
}

std::string Encode(const DeliveryReport& report, std::uint64_t number) {
  json keep = json::object();
  for (const auto& [key, value] : report.outcome.keep) keep[key] = value ? json(*value) : json(nullptr);
  return json{{"n", number},
              {"id", report.id},
              {"integration", report.integration},
              {"verdict", static_cast<int>(report.outcome.verdict)},
              {"detail", report.outcome.detail},
              {"keep", std::move(keep)},
              {"attempts", report.attempts},
              {"at", ToJson(report.at)}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
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
  out.report.attempts = static_cast<std::uint32_t>(WholeFrom(in.at("attempts")));
  out.report.at = WallFrom(in.at("at"));
  for (const auto& [key, value] : in.at("keep").items()) {
    out.report.outcome.keep[key] = value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
  }
  return out;
} catch (const json::exception&) {
  return std::nullopt;
}

Result<std::string> Contents(const Fd& fd, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t some = ::pread(fd.get(), text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return SystemFailure("reading outcomes of sends", errno);
    if (some == 0) break;
    got += static_cast<std::size_t>(some);
  }
  text.resize(got);
  return text;
}

}  // namespace

Result<std::unique_ptr<OutcomeLog>> OutcomeLog::Open(const std::string& folder) {
  std::array<File, 2> files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string path = fmt::format("{}/outcomes-{}", folder, i);
    files.at(i).fd = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    struct stat file{};
    if (!files.at(i).fd.valid() || ::fstat(files.at(i).fd.get(), &file) != 0)
      return SystemFailure("opening " + path, errno);
    files.at(i).bytes = static_cast<std::size_t>(file.st_size);
  }
  return std::unique_ptr<OutcomeLog>(new OutcomeLog(std::move(files)));
}

Result<std::vector<DeliveryReport>> OutcomeLog::Load() {
  std::vector<Numbered> notes;
  std::size_t damaged = 0;
  for (const File& file : files_) {
    const Result<std::string> text = Contents(file.fd, file.bytes);
    if (!text) return Failure(text.error());
    std::string_view rest = *text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      auto note = Decode(line);
      if (note) notes.push_back(std::move(*note));
      // The last line may have been cut by the end of the process that wrote it.
      if (!note && !line.empty() && end < rest.size()) ++damaged;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
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
  File& file = files_.at(written_);
  const bool fits = file.bytes + lines.size() <= kMostBytes;
  const ssize_t put = fits ? ::write(file.fd.get(), lines.data(), lines.size()) : -1;
  file.bytes += static_cast<std::size_t>(std::max<ssize_t>(put, 0));
  if (!std::cmp_equal(put, lines.size())) lost_ += notes;
}

void OutcomeLog::Turn() {
  if (files_.at(1 - written_).bytes == 0) written_ = 1 - written_;
}

void OutcomeLog::Forget() {
  File& file = files_.at(1 - written_);
  if (file.bytes > 0 && ::ftruncate(file.fd.get(), 0) == 0) file.bytes = 0;
}

}  // namespace loadline::collector
