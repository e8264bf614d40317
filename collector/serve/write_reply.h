// A reply as the bytes of HTTP.
#pragma once

#include "collector/serve/client_request.h"
#include "collector/serve/reply.h"
#include "collector/serve/turns.h"

namespace loadline::collector {

// Writes all of it into `pipe` and finishes that; but a reply with a feed is left open after its head. Long
// texts are compressed for clients that take it. One that is made while it is sent waits for its turn.
void WriteReply(const ClientRequest& request, const Reply& reply, Pipe& pipe, Turns& turns);

// A whole answer in a few words, after which the connection is closed.
std::string ShortAnswer(int status, std::string_view message);

}  // namespace loadline::collector
