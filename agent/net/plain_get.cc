#include "agent/net/plain_get.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/net/plain_answer.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kScheme = "http://";

std::string TextOf(const HostPort& server, const PlainRequest& request) {
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\n{}{}User-Agent: loadline-agent\r\nAccept: */*\r\n"
      "Connection: close\r\n\r\n",
      request.path, TextOf(server), request.header, request.header.empty() ? "" : "\r\n");
}

}  // namespace

Result<HostPort> ReadPlainUrl(std::string_view url) {
  std::string host(url.substr(std::min(url.size(), kScheme.size())));
  if (host.ends_with('/')) host.pop_back();
  if (host.find(':') == std::string::npos || host.ends_with(']')) host += ":80";
  const auto server = url.starts_with(kScheme) ? ParseHostPort(host) : std::nullopt;
  if (!server)
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' is not http:// and an address in numbers", url));
  return *server;
}

Result<PlainAnswer> GetPlain(const HostPort& server, const PlainRequest& request, const Patience& patience) {
  auto socket = PatientSocket::Tcp(server, patience);
  if (!socket) return Failure(socket.error());
  if (auto sent = socket->Send(TextOf(server, request), patience); !sent) return Failure(sent.error());
  std::string bytes;
  for (;;) {
    const Result<std::string> more = socket->Receive(patience);
    if (!more) return Failure(more.error());
    bytes += *more;
    Result<std::optional<PlainAnswer>> answer = ReadPlainAnswer(bytes, more->empty());
    if (!answer) return Failure(answer.error());
    if (*answer) return *std::move(*answer);
    if (bytes.size() > request.most) return Failure(ErrorKind::kUnavailable, "answers too much");
  }
}

}  // namespace loadline::agent
