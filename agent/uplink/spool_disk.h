// The spool's files. Append only; a file goes when nothing in it is needed any more.
//
// A directory holds `lock`, taken by the one agent that uses it, and `spool-<number>` files, which are
// written one after the other. A file is a row of records, integers in the byte order of the machine (files
// never leave it):
//
//   magic      4 bytes  "LLS1"
//   crc32c     4 bytes  of all that follows
//   size       4 bytes  of the frame
//   is_event   4 bytes  0 or 1
//   epoch, sequence, said reports, said events   8 bytes each
//   frame      size bytes
//
// A record whose magic or CRC is wrong ends the reading of its file: what was torn by the end of an agent is
// the last of its file anyway.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>

#include "agent/uplink/spool.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::agent {

class SpoolDisk {
 public:
  struct Place {
    std::uint64_t file = 0;
    std::uint64_t offset = 0;  // of the frame
    std::uint32_t size = 0;    // of the frame
  };

  // Takes the lock, and makes the directory when it is missing.
  [[nodiscard]] static Result<std::unique_ptr<SpoolDisk>> Open(const std::filesystem::path& directory,
                                                               std::size_t file_bytes);

  // Calls `found` (with an empty frame) for every sound record there is; false says that it is not needed.
  // Returns the number of damaged places. Once, before anything is appended.
  std::uint64_t Recover(const std::function<bool(const SpoolRecord&, Place)>& found);

  // The bytes a record takes.
  [[nodiscard]] static std::size_t BytesOf(const SpoolRecord& record);

  [[nodiscard]] Result<Place> Append(const SpoolRecord& record);
  [[nodiscard]] Result<wire::Frame> Read(Place place) const;

  // The record at this place is not needed any more.
  void Release(Place place);

  // Of all files.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // The files before the one that is written to, from the oldest; 0 is above all numbers.
  [[nodiscard]] std::uint64_t OldestFileFrom(std::uint64_t number) const;

 private:
  struct File {
    Fd fd;
    std::size_t bytes = 0;
    std::size_t records = 0;  // still needed
  };

  SpoolDisk(std::filesystem::path directory, std::size_t file_bytes, Fd lock)
      : directory_(std::move(directory)), file_bytes_(file_bytes), lock_(std::move(lock)) {}
  [[nodiscard]] std::filesystem::path PathOf(std::uint64_t number) const;
  [[nodiscard]] Result<File*> FileToAppendTo();
  void Remove(std::uint64_t number);

  std::filesystem::path directory_;
  std::size_t file_bytes_;
  Fd lock_;
  std::map<std::uint64_t, File> files_;
  std::uint64_t current_ = 0;  // the file that is written to; 0: none yet
  std::uint64_t highest_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace loadline::agent
