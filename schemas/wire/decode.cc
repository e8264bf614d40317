#include "schemas/wire/decode.h"

#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/wire/decode_report.h"
#include "schemas/wire/frame_reader.h"
#include "schemas/wire/layout.h"
#include "schemas/wire/text.h"

namespace loadline::wire {
namespace {

std::unexpected<BadFrame> Bad(FrameFault fault, std::string what) {
  return std::unexpected(BadFrame{fault, std::move(what)});
}

Hello ReadHello(FrameReader& in, const fb::Hello& table) {
  Hello hello{.major = table.major(),
              .minor = table.minor(),
              .node = in.NonEmpty(table.node(), kMaxNode, "Hello.node"),
              .boot_id = in.Text(table.boot_id(), kMaxBootId, "Hello.boot_id"),
              .epoch = in.NotZero(table.epoch(), "Hello.epoch"),
              .first_sequence = in.NotZero(table.first_sequence(), "Hello.first_sequence"),
              .agent_version = in.Text(table.agent_version(), kMaxVersion, "Hello.agent_version"),
              .kernel_version = in.Text(table.kernel_version(), kMaxVersion, "Hello.kernel_version"),
              .signals = {},
              .capacity = {.cpu = in.Signed(table.cpu_milli(), "Hello.cpu_milli"),
                           .memory = in.Signed(table.memory(), "Hello.memory")},
              .window_ms = table.window_ms(),
              .token = in.Text(table.token(), kMaxToken, "Hello.token"),
              .clocks = {.mono_ns = table.mono(), .wall_ns = table.wall()},
              .probes = table.probes()};
  for (std::size_t i = 0; i < in.Count(table.signals(), kMaxSignals, "Hello.signals"); ++i) {
    const fb::SignalRung& rung = *table.signals()->Get(i);
    // A newer agent may know a signal that we do not.
    if (rung.signal() >= kSignalCount) continue;
    hello.signals.push_back({.signal = static_cast<Signal>(rung.signal()),
                             .rung = in.Enum<Rung>(rung.rung(), Rung::kOff, "SignalRung.rung"),
                             .why = in.Text(rung.why(), kMaxWhy, "SignalRung.why")});
  }
  return hello;
}

Reject ReadReject(FrameReader& in, const fb::Reject& table) {
  return {.reason = in.Enum<RejectReason>(std::to_underlying(table.reason()), RejectReason::kNotGreeted,
                                          "Reject.reason"),
          .message = in.Text(table.message(), kMaxRejectMessage, "Reject.message")};
}

ProbeNeighbours ReadProbe(FrameReader& in, const fb::ProbeNeighbours& table) {
  ProbeNeighbours probe;
  for (std::size_t i = 0; i < in.Count(table.kubelets(), kMostProbed, "ProbeNeighbours.kubelets"); ++i) {
    const fb::KubeletPort& kubelet = *table.kubelets()->Get(i);
    probe.kubelets.push_back({.node = in.NonEmpty(kubelet.node(), kMaxNode, "KubeletPort.node"),
                              .address = in.NonEmpty(kubelet.address(), kMaxAddress, "KubeletPort.address"),
                              .port = in.NotZero(kubelet.port(), "KubeletPort.port")});
  }
  return probe;
}

NeighbourProbed ReadProbed(FrameReader& in, const fb::NeighbourProbed& table) {
  return {.node = in.NonEmpty(table.node(), kMaxNode, "NeighbourProbed.node"),
          .outcome = in.Enum<ProbeOutcome>(std::to_underlying(table.outcome()), ProbeOutcome::kAccepted,
                                           "NeighbourProbed.outcome")};
}

std::expected<Message, BadFrame> ReadControl(FrameReader& in, const fb::ControlFrame& frame) {
  // The verifier is content with a union that names its kind and holds nothing.
  if (!frame.message()) return Bad(FrameFault::kMissingField, "ControlFrame.message");
  switch (frame.message_type()) {
    case fb::Control::NONE:
      break;
    case fb::Control::Hello:
      return in.Finish(ReadHello(in, *frame.message_as_Hello()));
    case fb::Control::Welcome: {
      const fb::Welcome& table = *frame.message_as_Welcome();
      return Welcome{.last_sequence = table.last_sequence(), .window_ms = table.window_ms()};
    }
    case fb::Control::Reject:
      return in.Finish(ReadReject(in, *frame.message_as_Reject()));
    case fb::Control::Ack: {
      const fb::Ack& table = *frame.message_as_Ack();
      return in.Finish(Ack{.epoch = in.NotZero(table.epoch(), "Ack.epoch"), .sequence = table.sequence()});
    }
    case fb::Control::Heartbeat: {
      const fb::Heartbeat& table = *frame.message_as_Heartbeat();
      return in.Finish(Heartbeat{.epoch = in.NotZero(table.epoch(), "Heartbeat.epoch"),
                                 .window_age_ms = table.window_age_ms(),
                                 .spooled_records = table.spooled_records(),
                                 .clocks = {.mono_ns = table.mono(), .wall_ns = table.wall()},
                                 .stopping = table.stopping()});
    }
    case fb::Control::ProbeNeighbours:
      return in.Finish(ReadProbe(in, *frame.message_as_ProbeNeighbours()));
    case fb::Control::NeighbourProbed:
      return in.Finish(ReadProbed(in, *frame.message_as_NeighbourProbed()));
  }
  return Bad(FrameFault::kUnknownKind, "ControlFrame.message");
}

// Which schema the four characters after the root offset name.
enum class Schema { kControl, kRecord };

std::expected<Schema, BadFrame> SchemaOf(std::span<const std::byte> frame) {
  constexpr std::size_t kHeader = 2 * sizeof(std::uint32_t);
  if (frame.size() > kMaxFrameBytes) return Bad(FrameFault::kTooLarge, "frame");
  if (frame.size() <= kHeader) return Bad(FrameFault::kTooShort, "frame");
  const std::string_view id(reinterpret_cast<const char*>(frame.data()) + sizeof(std::uint32_t), 4);
  if (id == fb::ControlFrameIdentifier()) return Schema::kControl;
  if (id == fb::RecordIdentifier()) return Schema::kRecord;
  if (id.starts_with("LLC") || id.starts_with("LLR"))
    return Bad(FrameFault::kWrongVersion, "file identifier");
  return Bad(FrameFault::kWrongIdentifier, "file identifier");
}

std::expected<Message, BadFrame> DecodeAligned(std::span<const std::byte> frame) {
  const auto schema = SchemaOf(frame);
  if (!schema) return std::unexpected(schema.error());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  flatbuffers::Verifier::Options limits;
  limits.max_depth = 8;  // Record > Report > Identity, or Node > Disk
  limits.max_tables = kMaxIdentities + kMaxDisks + 16;
  flatbuffers::Verifier verifier(bytes, frame.size(), limits);
  FrameReader in(frame.size());
  if (*schema == Schema::kControl) {
    if (!fb::VerifyControlFrameBuffer(verifier)) return Bad(FrameFault::kTorn, "ControlFrame");
    return ReadControl(in, *fb::GetControlFrame(bytes));
  }
  if (!fb::VerifyRecordBuffer(verifier)) return Bad(FrameFault::kTorn, "Record");
  return ReadRecord(in, *fb::GetRecord(bytes));
}

}  // namespace

std::expected<Message, BadFrame> Decode(std::span<const std::byte> frame) {
  constexpr std::size_t kAlignment = alignof(std::uint64_t);
  if (reinterpret_cast<std::uintptr_t>(frame.data()) % kAlignment == 0 || frame.size() > kMaxFrameBytes) {
    return DecodeAligned(frame);
  }
  // Scalars are read in place, so they have to lie where the processor wants them.
  std::vector<std::uint64_t> aligned(frame.size() / kAlignment + 1);
  std::memcpy(aligned.data(), frame.data(), frame.size());
  return DecodeAligned(std::as_bytes(std::span(aligned)).first(frame.size()));
}

}  // namespace loadline::wire
