// Values to frames.
#pragma once

#include <cstddef>
#include <vector>

#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::wire {

using Frame = std::vector<std::byte>;

// The frame of a message, ready to be sent; Decode gives the message back. Three things do not come back as
// they went in: strings are cleaned and cut to their bound (text.h), memory of containers is rounded up to
// pages, and parts of a container in which all is zero are absent (memory and limits excepted).
//
// Fails with kExhausted when the frame would exceed kMaxFrameBytes, and with kInvalid when the containers of
// a report are not strictly ascending by ref, or the bins of one by bucket.
[[nodiscard]] Result<Frame> Encode(const Message& message);

// Cuts a report into parts of which each fits a frame, in the order in which they must be sent. Nearly always
// this is the report itself.
[[nodiscard]] std::vector<Report> SplitToFit(Report report);

}  // namespace loadline::wire
