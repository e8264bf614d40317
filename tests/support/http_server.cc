#include "tests/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "schemas/base/fd.h"

namespace loadline::test {
namespace {

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Splits what was read into a request; leaves in `buffer` what belongs to the next. False: more is needed.
bool Cut(std::string& buffer, SeenRequest& request) {
  const std::size_t head = buffer.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  request = {};
  std::size_t line = buffer.find("\r\n");
  const std::string first = buffer.substr(0, line);
  request.method = first.substr(0, first.find(' '));
  request.path = first.substr(request.method.size() + 1, first.rfind(' ') - request.method.size() - 1);
  while (line < head) {
    const std::size_t start = line + 2;
    line = buffer.find("\r\n", start);
    const std::string header = buffer.substr(start, line - start);
    const std::size_t colon = header.find(':');
    if (colon != std::string::npos) {
      request.headers[Lower(header.substr(0, colon))] =
          header.substr(header.find_first_not_of(' ', colon + 1));
    }
  }
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  if (buffer.size() < head + 4 + size) return false;
  request.body = buffer.substr(head + 4, size);
  buffer.erase(0, head + 4 + size);
  return true;
}

std::string Written(const Reply& reply) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\n";
  for (const auto& [name, value] : reply.headers) out += name + ": " + value + "\r\n";
  const std::size_t promised = reply.body.size() + (reply.manner == Reply::Manner::kHalf ? 100 : 0);
  return out + "Content-Length: " + std::to_string(promised) + "\r\n\r\n" + reply.body;
}

}  // namespace

struct HttpServer::State {
  std::function<Reply(const SeenRequest&)> otherwise;
  Fd listener;
  int port = 0;
  mutable std::mutex mutex;
  mutable std::condition_variable news;
  std::deque<Reply> replies;
  std::vector<SeenRequest> seen;
  int connections = 0;
  std::vector<std::jthread> workers;  // last: they stop before what they use goes
  std::jthread acceptor;

  Reply Answer(SeenRequest request) {
    std::unique_lock lock(mutex);
    seen.push_back(request);
    news.notify_all();
    if (replies.empty()) {
      lock.unlock();
      return otherwise ? otherwise(request) : Reply{};
    }
    Reply reply = std::move(replies.front());
    replies.pop_front();
    return reply;
  }

  // Waits for bytes in small steps, so that a server that ends is not kept by a client that stays.
  static bool Readable(int fd, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, 20) > 0) return true;
    }
    return false;
  }

  void Serve(const std::stop_token& stop, Fd connection, int number) {
    std::string buffer;
    while (true) {
      SeenRequest request;
      while (!Cut(buffer, request)) {
        char piece[65536];
        if (!Readable(connection.get(), stop)) return;
        const ssize_t got = recv(connection.get(), piece, sizeof piece, 0);
        if (got <= 0) return;
        buffer.append(piece, static_cast<std::size_t>(got));
      }
      request.at = std::chrono::steady_clock::now();
      request.connection = number;
      const Reply reply = Answer(std::move(request));
      if (reply.manner == Reply::Manner::kSlam) return;
      if (reply.manner == Reply::Manner::kHang) {
        while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return;
      }
      const std::string out = Written(reply);
      if (send(connection.get(), out.data(), out.size(), MSG_NOSIGNAL) < 0) return;
      if (reply.manner == Reply::Manner::kHalf) return;
    }
  }

  bool NextIsUnread() {
    std::lock_guard lock(mutex);
    if (replies.empty() || replies.front().manner != Reply::Manner::kUnread) return false;
    replies.pop_front();
    return true;
  }

  void Accept(const std::stop_token& stop) {
    while (Readable(listener.get(), stop)) {
      Fd connection(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection.valid() || NextIsUnread()) continue;
      const int one = 1;
      setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      std::lock_guard lock(mutex);
      const int number = ++connections;
      workers.emplace_back([this, number, fd = std::move(connection)](const std::stop_token& end) mutable {
        Serve(end, std::move(fd), number);
      });
    }
  }
};

HttpServer::HttpServer(std::function<Reply(const SeenRequest&)> otherwise)
    : state_(std::make_unique<State>()) {
  state_->otherwise = std::move(otherwise);
  state_->listener = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int fd = state_->listener.get();
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, 64) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no loopback port for a test server");
  }
  state_->port = ntohs(address.sin_port);
  state_->acceptor = std::jthread([this](const std::stop_token& stop) { state_->Accept(stop); });
}

HttpServer::~HttpServer() {
  state_->acceptor.request_stop();
  state_->acceptor.join();
}

void HttpServer::Queue(Reply reply) {
  std::lock_guard lock(state_->mutex);
  state_->replies.push_back(std::move(reply));
}

std::string HttpServer::Url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(state_->port) + path;
}

int HttpServer::port() const {
  return state_->port;
}

std::vector<SeenRequest> HttpServer::seen() const {
  std::lock_guard lock(state_->mutex);
  return state_->seen;
}

bool HttpServer::WaitFor(std::size_t count, Duration patience) const {
  std::unique_lock lock(state_->mutex);
  return state_->news.wait_for(lock, patience, [&] { return state_->seen.size() >= count; });
}

}  // namespace loadline::test
