// The bytes of one connection, in the clear or encrypted. Never blocks.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "schemas/base/fd.h"

namespace loadline::collector {

class Transport {
 public:
  // Of Read and Write: so many bytes, or why none.
  static constexpr long kLater = -1;  // when epoll says so
  static constexpr long kGone = -2;   // closed or broken; of Read also the other side's end

  virtual ~Transport() = default;
  [[nodiscard]] virtual int fd() const = 0;
  virtual long Read(std::span<char> into) = 0;
  virtual long Write(std::string_view bytes) = 0;
  // Whether it waits for the socket to take bytes, whatever was asked of it last: a handshake.
  [[nodiscard]] virtual bool wants_write() const { return false; }
  // Says that nothing more will be written.
  virtual void Finish() = 0;
};

std::unique_ptr<Transport> MakePlainTransport(Fd socket);

}  // namespace loadline::collector
