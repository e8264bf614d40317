#include "collector/serve/gzip.h"

#include <array>
#include <new>

namespace loadline::collector {
namespace {

// Quick rather than small: on JSON and metrics it saves nine tenths either way.
constexpr int kLevel = 3;
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemory = 8;

}  // namespace

GzipStream::GzipStream() {
  if (deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

GzipStream::~GzipStream() {
  deflateEnd(&stream_);
}

std::string GzipStream::Add(std::string_view bytes, bool last) {
  std::string out;
  std::array<char, 16 * 1024> buffer;
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = buffer.size();
    deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream_.avail_out);
  } while (stream_.avail_out == 0);
  return out;
}

}  // namespace loadline::collector
