// An HTTP/1.1 server in which clients that wait, drip, or do not read cost only themselves.
//
//   auto server = HttpServer::Start({.address = "127.0.0.1", .port = 0}, handler);
//   if (!server) return Failure(server.error());
//
// One thread holds every connection: it reads until a whole request is there, hands it to a worker, and sends
// what the worker wrote as fast as the client takes it. A worker therefore never waits for bytes of a client,
// but for the reader of an answer that is made while it is sent, and there the reader's time is bounded.
// When there are too many connections the longest idle one is closed, of the address that has most.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "collector/serve/client_request.h"
#include "collector/serve/limits.h"
#include "collector/serve/pipe.h"
#include "collector/serve/reply.h"
#include "collector/serve/transport.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Whether the body of such a request is to be read before Respond is asked; else it answers without it.
  // Both are called by workers, many at a time.
  virtual bool WantsBody(const ClientRequest& request) = 0;
  // `pipe` is where the answer goes, for whoever wants to watch how its reader keeps up.
  virtual Reply Respond(const ClientRequest& request, const std::shared_ptr<Pipe>& pipe) = 0;
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // numeric, IPv4 or IPv6; "0.0.0.0" for all
  std::uint16_t port = 0;             // 0: any free one
  ConnectionLimits limits{};
  std::size_t workers = 16;
  int long_answers = 1;     // of those that are made while they are sent, so many are made at once
  std::size_t queue = 256;  // whole requests that wait for a worker; more are told to come later
  int niceness = 0;         // of the workers
  // Makes a connection of an accepted socket; empty: in the clear.
  std::function<std::unique_ptr<Transport>(Fd socket)> transport{};
  // Told of each connection that ends before its time, or never begins, with one of few words: idle,
  // slow_request, slow_reader, too_large, malformed, displaced, full, busy.
  std::function<void(const char* reason)> on_closed{};
  // Told how many connections are open, whenever that changes. Both are called by the server's own thread.
  std::function<void(std::size_t open)> on_open{};
};

class HttpServer {
 public:
  // `handler` outlives it. Fails as ListenOn does.
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options, HttpHandler& handler);
  // What is being answered still is, for a second at most, unless its reader lags; all other connections end at once.
  virtual ~HttpServer() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

}  // namespace loadline::collector
