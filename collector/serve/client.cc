#include "collector/serve/client.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "collector/serve/write_reply.h"

namespace loadline::collector {
namespace {

// Of one connection at a time, so that none keeps the loop to itself.
constexpr std::size_t kAtOnce = 16 * 1024;
// How long the rest of a refused request is thrown away, so that the refusal arrives.
constexpr std::chrono::milliseconds kLinger{1'000};

}  // namespace

Client::Client(std::unique_ptr<Transport> transport, std::string peer, const ConnectionLimits& limits,
               Held& held, Time now)
    : transport_(std::move(transport)),
      peer_(std::move(peer)),
      limits_(limits),
      held_(held),
      since_(now),
      began_(now),
      moved_(now) {}

Client::~Client() {
  if (pipe_) pipe_->Break();
  held_.bodies -= body_counted_;
  held_.answers -= answer_counted_;
}

void Client::Wait(Waits what, Time now) {
  waits_ = what;
  since_ = now;
}

void Client::CountBody() {
  held_.bodies += taken_.size() - body_counted_;
  body_counted_ = taken_.size();
}

void Client::CountAnswer() {
  held_.answers += answer_bytes() - answer_counted_;
  answer_counted_ = answer_bytes();
}

std::uint32_t Client::events() const {
  const bool reads = waits_ != Waits::kForAnswer && waits_ != Waits::kForReader;
  const bool writes = answer_bytes() > 0 || transport_->wants_write();
  return (reads && !ended_ ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U);
}

Client::Next Client::Readable(Time now) {
  std::array<char, kAtOnce> buffer;
  const long got = transport_->Read(buffer);
  if (got == Transport::kLater) return Next::kNothing;
  // Whoever says nothing more is told nothing more, unless an answer is under way.
  if (got == Transport::kGone) {
    ended_ = true;
    return waits_ == Waits::kForAnswer || waits_ == Waits::kForReader ? Next::kNothing : Next::kClose;
  }
  if (waits_ == Waits::kForNews || waits_ == Waits::kForEnd) return Next::kNothing;
  if (in_.empty() && waits_ == Waits::kForHead) began_ = now;
  in_.append(buffer.data(), static_cast<std::size_t>(got));
  return Advance(now);
}

Client::Next Client::Advance(Time now) {
  if (waits_ == Waits::kForHead) return ReadHead(now);
  return waits_ == Waits::kForBody ? ReadBody(now) : Next::kNothing;
}

Client::Next Client::ReadHead(Time now) {
  // Some clients put an empty line after a body.
  while (in_.starts_with("\r\n")) in_.erase(0, 2);
  const std::optional<std::size_t> end = EndOfHead(in_);
  if (end.value_or(in_.size()) > limits_.request_bytes) {
    fault_ = "too_large";
    return Refuse(431, "the request is too large", now);
  }
  if (!end) return Next::kNothing;
  auto head = ParseHead(std::string_view(in_).substr(0, *end));
  in_.erase(0, *end);
  if (!head) {
    fault_ = "malformed";
    return Refuse(head.error().status, head.error().message.c_str(), now);
  }
  request_ = std::make_shared<ClientRequest>(std::move(head->request));
  request_->peer = peer_;
  // A body that nobody reads must not be taken for the next request.
  if (head->body.any() || ++answered_ >= limits_.requests) request_->keep_alive = false;
  body_ = head->body;
  body_taken_ = false;
  return Next::kMake;
}

Client::Next Client::ReadBody(Time now) {
  bool whole = false;
  if (body_.chunked) {
    const Chunks::State state = chunks_.Take(in_, taken_);
    if (state == Chunks::State::kBad) {
      fault_ = "malformed";
      return Refuse(400, "the body cannot be read", now);
    }
    whole = state == Chunks::State::kDone;
  } else {
    const std::size_t count = std::min(body_.length - taken_.size(), in_.size());
    taken_.append(in_, 0, count);
    in_.erase(0, count);
    whole = taken_.size() == body_.length;
  }
  CountBody();
  if (taken_.size() > limits_.body_bytes) {
    fault_ = "too_large";
    return Refuse(413, "the body is too large", now);
  }
  if (!whole) return Next::kNothing;
  // The worker that looked at the head may still hold the old one.
  request_ = std::make_shared<ClientRequest>(*request_);
  request_->body = std::exchange(taken_, {});
  body_taken_ = true;
  return Next::kMake;
}

std::shared_ptr<const ClientRequest> Client::Begin(std::shared_ptr<Pipe> pipe, Time now) {
  pipe_ = std::move(pipe);
  finished_ = false;
  Wait(Waits::kForAnswer, now);
  return request_;
}

Client::Next Client::News(Time now) {
  if (!pipe_) return Next::kNothing;
  if (pipe_->given_up()) {
    fault_ = "slow_reader";
    return Next::kClose;
  }
  // One that lags is not handed more than it takes.
  if (answer_bytes() > 0) return Next::kNothing;
  Pipe::Taken taken = pipe_->Take();
  if (taken.wants_body) {
    pipe_.reset();
    if (!body_.chunked && body_.length > limits_.body_bytes) {
      fault_ = "too_large";
      return Refuse(413, "the body is too large", now);
    }
    if (body_.expects_continue) {
      out_ = "HTTP/1.1 100 Continue\r\n\r\n";
      sent_ = 0;
    }
    chunks_ = {};
    taken_.clear();
    began_ = now;
    Wait(Waits::kForBody, now);
    if (Send(now) == Next::kClose) return Next::kClose;
    return Advance(now);
  }
  if (taken.goes_on && waits_ != Waits::kForNews) Wait(Waits::kForNews, now);
  if (taken.bytes.empty() && !taken.finished) return Next::kNothing;
  if (!taken.bytes.empty()) {
    out_ = std::move(taken.bytes);
    sent_ = 0;
    moved_ = now;
  }
  if (taken.finished) {
    finished_ = true;
    keep_alive_ = taken.keep_alive;
    pipe_.reset();
    Wait(Waits::kForReader, now);
    // Its share of the memory is the answer now.
    held_.bodies -= std::exchange(body_counted_, 0);
  }
  return Send(now);
}

Client::Next Client::Writable(Time now) {
  if (answer_bytes() == 0) return transport_->wants_write() ? Readable(now) : Next::kNothing;
  return Send(now);
}

Client::Next Client::Send(Time now) {
  std::size_t allowed = 16 * kAtOnce;
  while (answer_bytes() > 0 && allowed > 0) {
    const long sent = transport_->Write(std::string_view(out_).substr(sent_, allowed));
    if (sent == Transport::kGone) return Next::kClose;
    if (sent == Transport::kLater || sent == 0) break;
    sent_ += static_cast<std::size_t>(sent);
    allowed -= static_cast<std::size_t>(sent);
    moved_ = now;
  }
  CountAnswer();
  return answer_bytes() > 0 ? Next::kNothing : Sent(now);
}

Client::Next Client::Sent(Time now) {
  out_ = {};
  sent_ = 0;
  if (waits_ == Waits::kForEnd) return Linger(now);
  if (!finished_) return pipe_ ? Next::kLookAgain : Next::kNothing;
  finished_ = false;
  if (!keep_alive_ || ended_) return Linger(now);
  Wait(Waits::kForHead, now);
  began_ = now;
  return Advance(now);
}

Client::Next Client::Linger(Time now) {
  transport_->Finish();
  in_.clear();
  if (waits_ != Waits::kForEnd) Wait(Waits::kForEnd, now);
  return ended_ ? Next::kClose : Next::kNothing;
}

Client::Next Client::Refuse(int status, const char* message, Time now) {
  if (pipe_) pipe_->Break();
  pipe_.reset();
  out_ = ShortAnswer(status, message);
  sent_ = 0;
  taken_ = {};
  CountBody();
  in_.clear();
  Wait(Waits::kForEnd, now);
  return Send(now);
}

const char* Client::Overdue(Time now) const {
  switch (waits_) {
    case Waits::kForHead:
      if (in_.empty()) return now - since_ > limits_.idle ? "idle" : nullptr;
      return now - began_ > limits_.request_time ? "slow_request" : nullptr;
    case Waits::kForBody:
      return now - began_ > limits_.request_time ? "slow_request" : nullptr;
    case Waits::kForNews:
      return answer_bytes() > 0 && now - moved_ > limits_.write_stall ? "slow_reader" : nullptr;
    case Waits::kForAnswer:
      if (answer_bytes() == 0) return nullptr;
      [[fallthrough]];
    case Waits::kForReader:
      return now - moved_ > limits_.write_stall || now - since_ > limits_.answer_time ? "slow_reader"
                                                                                      : nullptr;
    case Waits::kForEnd:
      return now - since_ > kLinger ? "" : nullptr;
  }
  return nullptr;
}

}  // namespace loadline::collector
