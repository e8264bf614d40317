#include "schemas/wire/decode.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "schemas/wire/encode.h"
#include "schemas/wire/layout.h"
#include "schemas/wire/text.h"
#include "tests/support/random_records.h"

namespace loadline::wire {
namespace {

// The fault of a frame, by name; "none" when it is good.
std::string FaultOf(std::span<const std::byte> frame) {
  const auto message = Decode(frame);
  return message ? "none" : Name(message.error().fault);
}

Frame FrameOf(const flatbuffers::FlatBufferBuilder& builder) {
  const auto* bytes = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return Frame(bytes, bytes + builder.GetSize());
}

// A record whose report is written by `fill` field by field, as no encoder of ours would.
template <typename Fill>
Frame ReportFrame(Fill fill) {
  flatbuffers::FlatBufferBuilder out;
  const auto report = fill(out);
  fb::FinishRecordBuffer(out, fb::CreateRecord(out, 1, 1, fb::Body::Report, report.Union()));
  return FrameOf(out);
}

TEST(Decode, RandomBytesAreRefused) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    Frame frame(random() % 300);
    for (std::byte& byte : frame) byte = static_cast<std::byte>(random());
    ASSERT_NE(FaultOf(frame), "none");
  }
}

TEST(Decode, EveryTruncationOfAFrameIsRefused) {
  const Frame frame = *Encode(Hello{.node = "n", .epoch = 1});
  for (std::size_t size = 0; size < frame.size(); ++size) {
    // What is cut off may have been padding: then the message is still the same.
    const auto message = Decode(std::span(frame).first(size));
    EXPECT_EQ(message.value_or(Message(Hello{.node = "n", .epoch = 1})),
              Message(Hello{.node = "n", .epoch = 1}))
        << size;
  }
  EXPECT_EQ(FaultOf({}), "too_short");
  EXPECT_EQ(FaultOf(std::span(frame).first(8)), "too_short");
  EXPECT_EQ(FaultOf(std::span(frame).first(frame.size() / 2)), "torn");
}

TEST(Decode, FramesWithDamagedBytesNeverCrashAndKeepThePromises) {
  test::RandomRecords messages(4);
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    Frame frame = *Encode(messages.Message());
    for (int damage = 0; damage < 3; ++damage)
      frame[random() % frame.size()] = static_cast<std::byte>(random());
    const auto message = Decode(frame);
    // Whatever is accepted can be said again: that is what the promises of decode.h amount to.
    ASSERT_TRUE(!message || Encode(*message));
  }
}

TEST(Decode, AnOversizedFrameIsRefused) {
  EXPECT_EQ(FaultOf(Frame(kMaxFrameBytes + 1)), "too_large");
}

TEST(Decode, AForeignIdentifierIsRefused) {
  Frame frame = *Encode(Heartbeat{.epoch = 1});
  std::memcpy(frame.data() + 4, "ABCD", 4);
  EXPECT_EQ(FaultOf(frame), "wrong_identifier");
}

TEST(Decode, AnotherMajorVersionOfASchemaIsNamedAsSuch) {
  Frame frame = *Encode(Heartbeat{.epoch = 1});
  std::memcpy(frame.data() + 4, "LLC2", 4);
  EXPECT_EQ(FaultOf(frame), "wrong_version");
  frame = *Encode(Record{.epoch = 1, .sequence = 1, .body = Report{}});
  std::memcpy(frame.data() + 4, "LLR9", 4);
  EXPECT_EQ(FaultOf(frame), "wrong_version");
}

TEST(Decode, AFrameAtAnOddAddressIsReadAsWell) {
  const Message message = Record{.epoch = 1, .sequence = 2, .body = test::RandomRecords(6).Report(10)};
  const Frame frame = *Encode(message);
  Frame shifted(frame.size() + 1);
  std::memcpy(shifted.data() + 1, frame.data(), frame.size());
  EXPECT_EQ(Decode(std::span(shifted).subspan(1)), message);
}

TEST(Decode, WhatIsRequiredMustBeThere) {
  EXPECT_EQ(FaultOf(*Encode(Hello{.epoch = 1})), "missing_field");                     // no node name
  EXPECT_EQ(FaultOf(*Encode(Hello{.node = "n"})), "missing_field");                    // no epoch
  EXPECT_EQ(FaultOf(*Encode(Heartbeat{})), "missing_field");                           // no epoch
  EXPECT_EQ(FaultOf(*Encode(Record{.epoch = 1, .body = Report{}})), "missing_field");  // no sequence
  EXPECT_EQ(FaultOf(ReportFrame([](auto& out) {
              const auto nameless = out.CreateVector(std::vector{fb::CreateIdentity(out, 3)});
              return fb::CreateReport(out, 0, 0, 0, false, nameless);
            })),
            "missing_field");
  flatbuffers::FlatBufferBuilder out;
  fb::FinishControlFrameBuffer(out, fb::CreateControlFrame(out));
  EXPECT_EQ(FaultOf(FrameOf(out)), "missing_field");
}

TEST(Decode, AKindOfMessageWithoutTheMessageIsRefused) {
  flatbuffers::FlatBufferBuilder control;
  fb::FinishControlFrameBuffer(control, fb::CreateControlFrame(control, fb::Control::Hello));
  EXPECT_EQ(FaultOf(FrameOf(control)), "missing_field");
  flatbuffers::FlatBufferBuilder record;
  fb::FinishRecordBuffer(record, fb::CreateRecord(record, 1, 1, fb::Body::Report));
  EXPECT_EQ(FaultOf(FrameOf(record)), "missing_field");
}

TEST(Decode, AKindOfMessageThatANewerSideMayKnowIsNamedAsSuch) {
  flatbuffers::FlatBufferBuilder control;
  const auto something = fb::CreateAck(control, 1, 1).Union();
  fb::FinishControlFrameBuffer(control,
                               fb::CreateControlFrame(control, static_cast<fb::Control>(99), something));
  EXPECT_EQ(FaultOf(FrameOf(control)), "unknown_kind");
  flatbuffers::FlatBufferBuilder record;
  const auto body = fb::CreateMemoryStall(record).Union();
  fb::FinishRecordBuffer(record, fb::CreateRecord(record, 1, 1, static_cast<fb::Body>(99), body));
  EXPECT_EQ(FaultOf(FrameOf(record)), "unknown_kind");
}

TEST(Decode, AHealthEventHasAReason) {
  flatbuffers::FlatBufferBuilder record;
  const auto body = fb::CreateHealthEvent(record).Union();
  fb::FinishRecordBuffer(record, fb::CreateRecord(record, 1, 1, fb::Body::HealthEvent, body));
  EXPECT_EQ(FaultOf(FrameOf(record)), "missing_field");
}

TEST(Decode, EnumerationsBucketsAndQuantitiesStayInTheirRange) {
  const auto report_with_bin = [](fb::Bin bin) {
    return ReportFrame([bin](auto& out) {
      const auto refs = out.CreateVector(std::vector<std::uint32_t>{1});
      const auto parts = out.CreateVector(std::vector{fb::Part::Cpu});
      const auto cpu = out.CreateVectorOfStructs(std::vector{fb::Cpu(1, 0)});
      const auto counts = out.CreateVector(std::vector<std::uint8_t>{1});
      const auto bins = out.CreateVectorOfStructs(std::vector{bin});
      return fb::CreateReport(out, 0, 0, 0, false, 0, 0, refs, parts, cpu, counts, bins);
    });
  };
  EXPECT_EQ(FaultOf(report_with_bin({175, 1})), "none");
  EXPECT_EQ(FaultOf(report_with_bin({176, 1})), "out_of_range");
  EXPECT_EQ(FaultOf(report_with_bin({1, 0})), "out_of_range");
  EXPECT_EQ(FaultOf(*Encode(Reject{.reason = static_cast<RejectReason>(200)})), "out_of_range");
  EXPECT_EQ(
      FaultOf(*Encode(Record{
          .epoch = 1,
          .sequence = 1,
          .body = Report{.identities = {{.ref = 1, .kind = static_cast<CgroupKind>(77), .path = "/"}}}})),
      "out_of_range");
  EXPECT_EQ(FaultOf(ReportFrame([](auto& out) { return fb::CreateReport(out, 10, 9); })), "out_of_range");
  EXPECT_EQ(FaultOf(ReportFrame([](auto& out) {
              fb::ReportBuilder report(out);
              report.add_agent_rss(1ull << 63);
              return report.Finish();
            })),
            "out_of_range");
}

TEST(Decode, ColumnsMustFitOneAnother) {
  // refs and parts as given, one entry of `periods`.
  const auto fault = [](std::vector<std::uint32_t> refs, std::vector<fb::Part> parts) {
    return FaultOf(ReportFrame([&](auto& out) {
      const auto ref_list = out.CreateVector(refs);
      const auto part_list = out.CreateVector(parts);
      const auto periods = out.CreateVector(std::vector<std::uint32_t>{5});
      return fb::CreateReport(out, 0, 0, 0, false, 0, 0, ref_list, part_list, 0, 0, 0, periods);
    }));
  };
  EXPECT_EQ(fault({1}, {fb::Part::Periods}), "none");
  EXPECT_EQ(fault({0}, {fb::Part::Periods}), "inconsistent");                        // a ref is never 0
  EXPECT_EQ(fault({1}, {}), "inconsistent");                                         // no parts for it
  EXPECT_EQ(fault({}, {fb::Part::Periods}), "inconsistent");                         // parts of nobody
  EXPECT_EQ(fault({1}, {fb::Part::NONE}), "inconsistent");                           // nothing to say
  EXPECT_EQ(fault({1, 2}, {fb::Part::Periods, fb::Part::Periods}), "inconsistent");  // one entry for two
  EXPECT_EQ(fault({1}, {fb::Part::Limits}), "inconsistent");                         // an entry of nobody
  EXPECT_EQ(fault({2, 1}, {fb::Part::Periods, fb::Part::Periods}), "inconsistent");  // not ascending
}

// A frame of one container with these columns of counters.
Frame CountersFrame(const std::vector<std::uint8_t>& counts, const std::vector<std::uint8_t>& counters,
                    const std::vector<std::uint64_t>& grown) {
  return ReportFrame([&](auto& out) {
    const auto refs = out.CreateVector(std::vector<std::uint32_t>{1});
    const auto parts = out.CreateVector(std::vector{fb::Part::Counters});
    const auto count_list = out.CreateVector(counts);
    const auto counter_list = out.CreateVector(counters);
    const auto grown_list = out.CreateVector(grown);
    fb::ReportBuilder report(out);
    report.add_refs(refs);
    report.add_parts(parts);
    report.add_counter_counts(count_list);
    report.add_counters(counter_list);
    report.add_grown(grown_list);
    return report.Finish();
  });
}

TEST(Decode, CountersThatOnlyANewerAgentKnowsArePassedOver) {
  const auto message = Decode(CountersFrame({3}, {1, 15, 200}, {5, 6, 7}));
  ASSERT_TRUE(message) << message.error().what;
  SomeCounters known;
  known[Counter::kMemoryHigh] = 5;
  known[Counter::kRunQueueWaits] = 6;
  EXPECT_EQ(std::get<Report>(std::get<Record>(*message).body).containers,
            (std::vector{ContainerWindow{.ref = 1, .counters = known}}));
}

TEST(Decode, CountersAscendAndHaveAnAmountEach) {
  EXPECT_EQ(FaultOf(CountersFrame({2}, {1, 2}, {5, 6})), "none");
  EXPECT_EQ(FaultOf(CountersFrame({2}, {2, 1}, {5, 6})), "inconsistent");
  EXPECT_EQ(FaultOf(CountersFrame({2}, {2, 2}, {5, 6})), "inconsistent");
  EXPECT_EQ(FaultOf(CountersFrame({2}, {1, 2}, {5})), "inconsistent");
  EXPECT_EQ(FaultOf(CountersFrame({2}, {1}, {5})), "inconsistent");
  EXPECT_EQ(FaultOf(CountersFrame({1}, {1, 2}, {5, 6})), "inconsistent") << "of nobody";
  EXPECT_EQ(FaultOf(CountersFrame({}, {}, {})), "inconsistent");
}

TEST(Decode, APartThatOnlyANewerAgentKnowsIsPassedOver) {
  const Frame frame = ReportFrame([](auto& out) {
    const auto refs = out.CreateVector(std::vector<std::uint32_t>{1});
    const auto parts = out.CreateVector(std::vector{static_cast<fb::Part>(0x8000)});
    return fb::CreateReport(out, 0, 0, 0, false, 0, 0, refs, parts);
  });
  const auto message = Decode(frame);
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<Report>(std::get<Record>(*message).body).containers,
            std::vector{ContainerWindow{.ref = 1}});
}

TEST(Decode, TextAboveItsBoundOrUncleanIsRefused) {
  const auto fault = [](std::string node) {
    flatbuffers::FlatBufferBuilder out;
    const auto text = out.CreateString(node);
    fb::FinishControlFrameBuffer(
        out,
        fb::CreateControlFrame(out, fb::Control::Hello, fb::CreateHello(out, 1, 0, text, 0, 1, 1).Union()));
    return FaultOf(FrameOf(out));
  };
  EXPECT_EQ(fault("node-1"), "none");
  EXPECT_EQ(fault(std::string(kMaxNode + 1, 'n')), "too_many");
  EXPECT_EQ(fault("node\x1b[31m"), "bad_text");
  EXPECT_EQ(fault("\xff"), "bad_text");
}

// A frame of 1 MiB could name one path of 4 KiB 250,000 times.
TEST(Decode, TextSharedManyTimesCannotFillTheMemory) {
  const Frame frame = ReportFrame([](auto& out) {
    const auto path = out.CreateString(std::string(kMaxPath, 'p'));
    const auto identity = fb::CreateIdentity(out, 1, fb::CgroupKind::Plain, fb::QosClass::None, path);
    const auto identities = out.CreateVector(std::vector(10'000, identity));
    return fb::CreateReport(out, 0, 0, 0, false, identities);
  });
  EXPECT_EQ(FaultOf(frame), "too_many");
}

TEST(Decode, ListsAboveTheirBoundAreRefused) {
  EXPECT_EQ(FaultOf(ReportFrame([](auto& out) {
              const auto gone = out.CreateVector(std::vector<std::uint32_t>(kMaxGone + 1));
              return fb::CreateReport(out, 0, 0, 0, false, 0, gone);
            })),
            "too_many");
}

}  // namespace
}  // namespace loadline::wire
