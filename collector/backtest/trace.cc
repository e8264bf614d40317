#include "collector/backtest/trace.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "schemas/base/folder.h"

namespace loadline::collector {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();
constexpr double kHold = 6 * 3600;
// Seconds of a century: no recording is longer, and no instant of one beyond what nanoseconds can count.
constexpr double kLongest = 3.2e9;

// All of a file, unpacked when it is gzipped.
Result<std::string> ReadAll(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file) return Failure(ErrorKind::kNotFound, fmt::format("{}: cannot be opened", path.string()));
  std::string content;
  std::string piece(1 << 16, '\0');
  int got = 0;
  while ((got = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()))) > 0) {
    content.append(piece, 0, static_cast<std::size_t>(got));
  }
  if (got < 0 || !gzeof(file.get()))
    return Failure(ErrorKind::kInvalid, fmt::format("{}: damaged", path.string()));
  return content;
}

// The next line, without its end; the rest of `text` remains.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The next field of a CSV row; a field in quotes may hold commas.
std::string_view TakeField(std::string_view& row) {
  if (row.starts_with('"')) {
    const std::size_t quote = std::min(row.find('"', 1), row.size());
    const std::string_view field = row.substr(1, quote - 1);
    row.remove_prefix(std::min(quote + 2, row.size()));
    return field;
  }
  const std::size_t end = row.find(',');
  const std::string_view field = row.substr(0, end);
  row.remove_prefix(end == std::string_view::npos ? row.size() : end + 1);
  return field;
}

std::optional<double> Number(std::string_view field) {
  if (field.empty()) return kNotMeasured;
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

Result<std::vector<TracePoint>> ReadPoints(const std::filesystem::path& path) {
  auto content = ReadAll(path);
  if (!content) return Failure(content.error());
  std::string_view rest = *content;
  if (TakeLine(rest) != "t_seconds,cpu_cores,memory_bytes") {
    return Failure(ErrorKind::kInvalid, fmt::format("{}: line 1: unexpected columns", path.string()));
  }
  std::vector<TracePoint> points;
  while (!rest.empty()) {
    std::string_view row = TakeLine(rest);
    const auto seconds = Number(TakeField(row));
    const auto cores = Number(TakeField(row));
    const auto bytes = Number(TakeField(row));
    if (!seconds || !cores || !bytes || !(std::abs(*seconds) <= kLongest)) {
      return Failure(ErrorKind::kInvalid,
                     fmt::format("{}: line {}: not three numbers", path.string(), points.size() + 2));
    }
    points.push_back({*seconds, *cores, *bytes});
  }
  return points;
}

using Row = std::map<std::string, std::string, std::less<>>;

Result<std::vector<Row>> ReadMeta(const std::filesystem::path& path) {
  auto content = ReadAll(path);
  if (!content) return Failure(content.error());
  std::string_view rest = *content;
  std::vector<std::string> columns;
  for (std::string_view head = TakeLine(rest); !head.empty();) columns.emplace_back(TakeField(head));
  std::vector<Row> rows;
  while (!rest.empty()) {
    std::string_view line = TakeLine(rest);
    Row row;
    for (const std::string& column : columns) row.emplace(column, TakeField(line));
    rows.push_back(std::move(row));
  }
  return rows;
}

Wall StartOf(const Row& row) {
  const auto field = row.find("epoch_start");
  const double epoch = field == row.end() ? kNotMeasured : Number(field->second).value_or(kNotMeasured);
  if (!(std::abs(epoch) <= kLongest)) return Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
  return Wall(std::chrono::seconds(std::llround(epoch)));
}

}  // namespace

Result<std::vector<std::string>> ListSources(const std::filesystem::path& traces) {
  const auto entries = EntriesOf(traces);
  if (!entries) return Failure(entries.error());
  std::error_code ignored;
  std::vector<std::string> sources;
  for (const std::filesystem::path& entry : *entries) {
    if (std::filesystem::exists(entry / "meta.csv", ignored)) sources.push_back(entry.filename());
  }
  if (sources.empty())
    return Failure(ErrorKind::kNotFound, fmt::format("{}: no traces there", traces.string()));
  return sources;
}

Result<std::vector<Trace>> ReadSource(const std::filesystem::path& traces, const std::string& source) {
  const auto rows = ReadMeta(traces / source / "meta.csv");
  if (!rows) return Failure(rows.error());
  std::vector<Trace> series;
  for (const Row& row : *rows) {
    const auto id = row.find("id");
    const auto interval = row.find("interval_s");
    const auto seconds = interval == row.end() ? std::nullopt : Number(interval->second);
    if (id == row.end() || !seconds || !(*seconds >= 1 && *seconds <= kLongest)) {
      return Failure(ErrorKind::kInvalid, fmt::format("{}: a row without id or interval_s",
                                                      (traces / source / "meta.csv").string()));
    }
    auto points = ReadPoints(traces / source / (id->second + ".csv.gz"));
    if (!points) return Failure(points.error());
    series.push_back({.id = id->second,
                      .start = StartOf(row),
                      .interval = std::chrono::seconds(std::llround(*seconds)),
                      .points = std::move(*points)});
  }
  return series;
}

void HoldMemoryForSixHours(Trace& trace) {
  std::deque<TracePoint> falling;  // candidates for the largest, as they were measured
  for (TracePoint& point : trace.points) {
    if (std::isnan(point.bytes)) continue;
    while (!falling.empty() && falling.back().bytes <= point.bytes) falling.pop_back();
    falling.push_back(point);
    while (falling.front().seconds <= point.seconds - kHold) falling.pop_front();
    point.bytes = falling.front().bytes;
  }
}

}  // namespace loadline::collector
