#include "schemas/wire/encode.h"

#include <utility>

#include "schemas/base/overloaded.h"
#include "schemas/wire/encode_report.h"
#include "schemas/wire/layout.h"
#include "schemas/wire/text.h"

namespace loadline::wire {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

Offset<fb::Hello> Write(FlatBufferBuilder& out, const Hello& hello) {
  std::vector<Offset<fb::SignalRung>> signals;
  for (const SignalRung& rung : hello.signals) {
    if (signals.size() == kMaxSignals) break;
    signals.push_back(fb::CreateSignalRung(out, std::to_underlying(rung.signal),
                                           std::to_underlying(rung.rung), WriteText(out, rung.why, kMaxWhy)));
  }
  const auto signal_list = out.CreateVector(signals);
  const auto node = WriteText(out, hello.node, kMaxNode);
  const auto boot_id = WriteText(out, hello.boot_id, kMaxBootId);
  const auto agent_version = WriteText(out, hello.agent_version, kMaxVersion);
  const auto kernel_version = WriteText(out, hello.kernel_version, kMaxVersion);
  const auto token = WriteText(out, hello.token.Reveal(), kMaxToken);
  fb::HelloBuilder table(out);
  table.add_major(hello.major);
  table.add_minor(hello.minor);
  table.add_node(node);
  table.add_boot_id(boot_id);
  table.add_epoch(hello.epoch);
  table.add_first_sequence(hello.first_sequence);
  table.add_agent_version(agent_version);
  table.add_kernel_version(kernel_version);
  table.add_signals(signal_list);
  table.add_cpu_milli(static_cast<std::uint64_t>(std::max<MilliCores>(hello.capacity.cpu, 0)));
  table.add_memory(static_cast<std::uint64_t>(std::max<Bytes>(hello.capacity.memory, 0)));
  table.add_window_ms(hello.window_ms);
  table.add_token(token);
  table.add_mono(hello.clocks.mono_ns);
  table.add_wall(hello.clocks.wall_ns);
  table.add_probes(hello.probes);
  return table.Finish();
}

Offset<fb::ProbeNeighbours> Write(FlatBufferBuilder& out, const ProbeNeighbours& probe) {
  std::vector<Offset<fb::KubeletPort>> kubelets;
  for (const KubeletPort& kubelet : probe.kubelets) {
    if (kubelets.size() == kMostProbed) break;
    const auto node = WriteText(out, kubelet.node, kMaxNode);
    kubelets.push_back(
        fb::CreateKubeletPort(out, node, WriteText(out, kubelet.address, kMaxAddress), kubelet.port));
  }
  return fb::CreateProbeNeighbours(out, out.CreateVector(kubelets));
}

void FinishControl(FlatBufferBuilder& out, fb::Control kind, Offset<void> message) {
  fb::FinishControlFrameBuffer(out, fb::CreateControlFrame(out, kind, message));
}

void WriteMessage(FlatBufferBuilder& out, const Message& message) {
  std::visit(
      Overloaded{
          [&](const Hello& m) { FinishControl(out, fb::Control::Hello, Write(out, m).Union()); },
          [&](const Welcome& m) {
            FinishControl(out, fb::Control::Welcome,
                          fb::CreateWelcome(out, m.last_sequence, m.window_ms).Union());
          },
          [&](const Reject& m) {
            const auto words = WriteText(out, m.message, kMaxRejectMessage);
            FinishControl(out, fb::Control::Reject,
                          fb::CreateReject(out, static_cast<fb::RejectReason>(m.reason), words).Union());
          },
          [&](const Ack& m) {
            FinishControl(out, fb::Control::Ack, fb::CreateAck(out, m.epoch, m.sequence).Union());
          },
          [&](const Heartbeat& m) {
            FinishControl(out, fb::Control::Heartbeat,
                          fb::CreateHeartbeat(out, m.epoch, m.window_age_ms, m.spooled_records,
                                              m.clocks.mono_ns, m.clocks.wall_ns, m.stopping)
                              .Union());
          },
          [&](const ProbeNeighbours& m) {
            FinishControl(out, fb::Control::ProbeNeighbours, Write(out, m).Union());
          },
          [&](const NeighbourProbed& m) {
            const auto node = WriteText(out, m.node, kMaxNode);
            FinishControl(
                out, fb::Control::NeighbourProbed,
                fb::CreateNeighbourProbed(out, node, static_cast<fb::ProbeOutcome>(m.outcome)).Union());
          },
          [&](const Record& m) { WriteRecord(out, m); },
      },
      message);
}

bool InOrder(const CpuWindow& cpu) {
  int last = -1;
  for (const CpuWindow::Bin& bin : cpu.one_second) {
    if (bin.bucket <= last || bin.bucket >= kCpuBuckets || bin.count == 0) return false;
    last = bin.bucket;
  }
  return true;
}

// Whether the containers of a report, and the bins of each, are as decode will demand them.
bool InOrder(const Message& message) {
  const Record* record = std::get_if<Record>(&message);
  const Report* report = record ? std::get_if<Report>(&record->body) : nullptr;
  if (!report) return true;
  std::uint32_t last = 0;
  for (const ContainerWindow& container : report->containers) {
    if (container.ref <= last || (container.cpu && !InOrder(*container.cpu))) return false;
    last = container.ref;
  }
  return true;
}

}  // namespace

Result<Frame> Encode(const Message& message) {
  if (!InOrder(message)) return Failure(ErrorKind::kInvalid, "containers or histogram bins are out of order");
  FlatBufferBuilder out(4096);
  WriteMessage(out, message);
  if (out.GetSize() > kMaxFrameBytes) {
    return Failure(ErrorKind::kExhausted, "a frame of " + FormatBytes(out.GetSize()) + " is above the bound");
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(out.GetBufferPointer());
  return Frame(bytes, bytes + out.GetSize());
}

}  // namespace loadline::wire
