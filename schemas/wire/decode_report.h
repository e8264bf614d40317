// The reading of records, apart from decode.cc for their size. Only schemas/wire includes this.
#pragma once

#include <expected>

#include "schemas/wire/frame_reader.h"

namespace loadline::wire {

// `record` is verified, `in` fresh.
std::expected<Message, BadFrame> ReadRecord(FrameReader& in, const fb::Record& record);

}  // namespace loadline::wire
