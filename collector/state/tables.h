// The names of the tables of schemas/state.fbs, for headers: whoever fills or reads one includes its source
// with collector/state/piece.h.
#pragma once

namespace flatbuffers {
class FlatBufferBuilder;
template <typename T>
struct Offset;
}  // namespace flatbuffers

namespace loadline::state {

using Builder = flatbuffers::FlatBufferBuilder;

namespace fb {
struct BlockRing;
struct CpuProfile;
struct FineHistogram;
struct KeptSamples;
struct MemoryProfile;
struct Throttling;
struct Usage;
struct VpaAggregate;
struct VpaContainer;
struct VpaHistogram;
}  // namespace fb

}  // namespace loadline::state
