#include "collector/alert/time_zone.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace loadline::collector {
namespace {

// Big-endian numbers from bytes that may end too early.
class Bytewise {
 public:
  explicit Bytewise(std::string_view bytes) : bytes_(bytes) {}

  std::int64_t Number(int width) {
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) value = value << 8 | Byte();
    const int unused = 64 - 8 * width;
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  void Skip(std::size_t count) {
    ok_ = ok_ && count <= bytes_.size();
    bytes_.remove_prefix(std::min(count, bytes_.size()));
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  std::uint8_t Byte() {
    if (bytes_.empty()) {
      ok_ = false;
      return 0;
    }
    const auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::string_view bytes_;
  bool ok_ = true;
};

struct Header {
  std::size_t ut, standard, leaps, times, types, characters;
};

constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kMost = 100'000;  // of anything: real files have some hundred

bool ReadHeader(Bytewise& in, Header& header) {
  in.Skip(20);  // magic, version, reserved
  for (std::size_t* count :
       {&header.ut, &header.standard, &header.leaps, &header.times, &header.types, &header.characters}) {
    *count = static_cast<std::size_t>(in.Number(4)) & 0xffffffff;
    if (*count > kMost) return false;
  }
  return in.ok() && header.types > 0;
}

std::size_t BodySize(const Header& h, std::size_t time_size) {
  return h.times * time_size + h.times + h.types * 6 + h.characters + h.leaps * (time_size + 4) + h.standard +
         h.ut;
}

}  // namespace

Result<TimeZone> TimeZone::FromTzif(std::string_view bytes) {
  const auto bad = Failure(ErrorKind::kInvalid, "not a time zone file of version 2 or later");
  if (bytes.size() < kHeaderSize || !bytes.starts_with("TZif") || bytes[4] < '2') return bad;
  // The first body is of 32-bit times, for old readers; the second is ours.
  Bytewise in(bytes);
  Header header{};
  if (!ReadHeader(in, header)) return bad;
  in.Skip(BodySize(header, 4));
  if (!in.ok() || !ReadHeader(in, header) || in.left() < BodySize(header, 8)) return bad;
  TimeZone zone;
  for (std::size_t i = 0; i < header.times; ++i) zone.changes_.push_back({in.Number(8), 0});
  std::vector<std::size_t> types;
  for (std::size_t i = 0; i < header.times; ++i)
    types.push_back(static_cast<std::size_t>(in.Number(1)) & 0xff);
  std::vector<std::int32_t> offsets;
  for (std::size_t i = 0; i < header.types; ++i) {
    offsets.push_back(static_cast<std::int32_t>(in.Number(4)));
    in.Skip(2);
  }
  for (std::size_t i = 0; i < header.times; ++i) {
    if (types[i] >= offsets.size()) return bad;
    zone.changes_[i].offset = offsets[types[i]];
  }
  zone.before_ = offsets[0];
  return zone;
}

Duration TimeZone::OffsetAt(Wall at) const {
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  auto after = std::ranges::upper_bound(changes_, seconds, {}, &Change::at);
  return std::chrono::seconds(after == changes_.begin() ? before_ : std::prev(after)->offset);
}

Result<TimeZone> LoadTimeZone(const std::string& name) {
  if (name.empty() || name == "UTC") return TimeZone();
  const bool plain = std::ranges::all_of(
      name, [](unsigned char c) { return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+'; });
  if (!plain || name.front() == '/')
    return Failure(ErrorKind::kInvalid, fmt::format("no time zone '{}'", name));
  std::ifstream file(name == "Local" ? "/etc/localtime" : "/usr/share/zoneinfo/" + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.empty() && name == "Local") return TimeZone();
  Result<TimeZone> zone = TimeZone::FromTzif(bytes);
  if (!zone) return Failure(ErrorKind::kInvalid, fmt::format("no time zone '{}' on this machine", name));
  return zone;
}

}  // namespace loadline::collector
