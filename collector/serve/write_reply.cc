#include "collector/serve/write_reply.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

#include "collector/serve/gzip.h"

namespace loadline::collector {
namespace {

// Less is not worth the time.
constexpr std::size_t kWorthCompressing = 1024;

bool TakesGzip(const ClientRequest& request) {
  const std::string_view accepted = request.Header("accept-encoding");
  const std::size_t at = accepted.find("gzip");
  return at != std::string_view::npos && !accepted.substr(at).starts_with("gzip;q=0,") &&
         accepted.substr(at) != "gzip;q=0";
}

bool IsText(const Reply& reply) {
  const auto type = reply.headers.find("Content-Type");
  if (type == reply.headers.end() || reply.headers.contains("Content-Encoding")) return false;
  return type->second.starts_with("text/") || type->second.starts_with("application/json");
}

class Writing {
 public:
  Writing(const ClientRequest& request, const Reply& reply, Pipe& pipe, Turns& turns)
      : request_(request),
        reply_(reply),
        pipe_(pipe),
        turns_(turns),
        compressed_(TakesGzip(request) && IsText(reply) && !reply.feed &&
                    (reply.stream || reply.body.size() >= kWorthCompressing)),
        chunked_((reply.stream || reply.feed) && !request.old),
        keep_alive_(request.keep_alive && !reply.close && (chunked_ || !(reply.stream || reply.feed))) {}

  void Run() {
    const bool head_only = request_.method == "HEAD" || reply_.status == 304 || reply_.status == 204;
    if (head_only) {
      pipe_.Put(Head(std::nullopt));
      pipe_.Finish(keep_alive_);
    } else if (reply_.feed) {
      pipe_.GoOn();
      pipe_.Offer(Head(std::nullopt));
    } else if (reply_.stream) {
      pipe_.Put(Head(std::nullopt));
      pipe_.Finish(Stream() && keep_alive_);
    } else {
      const std::string body = compressed_ ? GzipStream().Add(reply_.body, true) : reply_.body;
      pipe_.Put(Head(body.size()) + body);
      pipe_.Finish(keep_alive_);
    }
  }

 private:
  [[nodiscard]] std::string Head(std::optional<std::size_t> length) const {
    std::string head = fmt::format("HTTP/1.1 {} {}\r\n", reply_.status, StatusWords(reply_.status));
    for (const auto& [name, value] : reply_.headers) head += fmt::format("{}: {}\r\n", name, value);
    if (compressed_) head += "Content-Encoding: gzip\r\n";
    if (length) {
      head += fmt::format("Content-Length: {}\r\n", *length);
    } else if (chunked_) {
      head += "Transfer-Encoding: chunked\r\n";
    } else if (reply_.status != 304 && reply_.status != 204 && !reply_.stream && !reply_.feed &&
               !compressed_) {
      head += fmt::format("Content-Length: {}\r\n", reply_.body.size());
    }
    if (!keep_alive_) {
      head += "Connection: close\r\n";
    } else if (request_.old) {
      head += "Connection: keep-alive\r\n";
    }
    return head + "\r\n";
  }

  // False when the client is gone.
  bool Stream() {
    std::optional<GzipStream> gzip;
    if (compressed_) gzip.emplace();
    bool listening = true;
    {
      Turn turn(turns_);
      reply_.stream([&](std::string_view piece) {
        const std::string bytes = gzip ? gzip->Add(piece, false) : std::string(piece);
        listening = listening && turn.Rest([&] { return Piece(bytes); });
        return listening;
      });
    }
    if (listening && gzip) listening = Piece(gzip->Add("", true));
    return listening && (!chunked_ || pipe_.Write("0\r\n\r\n"));
  }

  bool Piece(const std::string& bytes) {
    if (bytes.empty()) return !pipe_.deserted();
    return pipe_.Write(chunked_ ? fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes) : bytes);
  }

  const ClientRequest& request_;
  const Reply& reply_;
  Pipe& pipe_;
  Turns& turns_;
  const bool compressed_;
  const bool chunked_;
  const bool keep_alive_;
};

}  // namespace

void WriteReply(const ClientRequest& request, const Reply& reply, Pipe& pipe, Turns& turns) {
  Writing(request, reply, pipe, turns).Run();
}

std::string ShortAnswer(int status, std::string_view message) {
  const std::string body = fmt::format(R"({{"error":"{}"}})", message);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n{}"
      "Content-Length: {}\r\nConnection: close\r\n\r\n{}",
      status, StatusWords(status), status == 503 ? "Retry-After: 1\r\n" : "", body.size(), body);
}

}  // namespace loadline::collector
