#include "collector/state/piece.h"

namespace loadline::state {
namespace {

// One piece may hold a workload of thousands of replicas, each of some twenty tables.
constexpr flatbuffers::uoffset_t kMostTables = 1 << 24;
constexpr flatbuffers::uoffset_t kDeepest = 64;

}  // namespace

bool IsPiece(std::string_view bytes) {
  return bytes.size() >= 2 * sizeof(flatbuffers::uoffset_t) && fb::PieceBufferHasIdentifier(bytes.data());
}

const fb::Piece* Read(const std::string& bytes) {
  if (!IsPiece(bytes)) return nullptr;
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), kDeepest,
                                 kMostTables);
  return fb::VerifyPieceBuffer(verifier) ? fb::GetPiece(bytes.data()) : nullptr;
}

}  // namespace loadline::state
