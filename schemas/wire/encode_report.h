// The writing of records, apart from encode.cc for their size. Only schemas/wire includes this.
#pragma once

#include <string_view>

#include "schemas/wire/layout.h"
#include "schemas/wire/records.h"

namespace loadline::wire {

// The text cleaned and cut to its bound; nothing for empty text.
flatbuffers::Offset<flatbuffers::String> WriteText(flatbuffers::FlatBufferBuilder& out, std::string_view text,
                                                   std::size_t bound);

// Finishes the buffer with a record.
void WriteRecord(flatbuffers::FlatBufferBuilder& out, const Record& record);

}  // namespace loadline::wire
