// Bytes from anybody: decode must never crash, and what it accepts must be sayable again, in the same bytes.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>

#include "schemas/wire/decode.h"
#include "schemas/wire/encode.h"

namespace loadline::wire {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void ExpectStable(const Message& message) {
  const auto frame = Encode(message);
  Require(frame.has_value());
  const auto again = Decode(*frame);
  Require(again.has_value());
  Require(Encode(*again) == *frame);
}

void Try(std::span<const std::byte> bytes) {
  auto message = Decode(bytes);
  if (!message) return Require(!message.error().what.empty());
  Record* record = std::get_if<Record>(&*message);
  Report* report = record ? std::get_if<Report>(&record->body) : nullptr;
  if (!report) return ExpectStable(*message);
  // A frame may name one thing many times; said again it may take several.
  for (Report& part : SplitToFit(std::move(*report))) {
    ExpectStable(Record{.epoch = record->epoch, .sequence = record->sequence, .body = std::move(part)});
  }
}

}  // namespace
}  // namespace loadline::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  loadline::wire::Try(std::as_bytes(std::span(data, size)));
  return 0;
}
