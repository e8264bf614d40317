// How full the file systems are that the agent reports with each window.
//
//   Disks disks({"/", "/var/lib/kubelet"});
//   std::vector<wire::NodeWindow::Disk> now = disks.Read();
//
// A thread of its own asks: a file system that hangs (a server of NFS that is gone, a dead disk) holds up no sample.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

// The file system that carries this path; nothing when there is none. One that is only mounted read-only here, as the root
// of a container is, is not called so. It may hang.
std::optional<wire::NodeWindow::Disk> ReadDisk(const std::string& path);

class Disks {
 public:
  using Reader = std::function<std::optional<wire::NodeWindow::Disk>(const std::string& path)>;
  // For all of them together: those that answer take microseconds.
  static constexpr Duration kPatience = std::chrono::milliseconds(50);

  explicit Disks(std::vector<std::string> paths, Reader reader = ReadDisk);
  ~Disks();
  Disks(const Disks&) = delete;
  Disks& operator=(const Disks&) = delete;

  // Those that answered in time. The first call begins the thread, with the capabilities of who calls. While one hangs that and what is behind it in the list are left out, without waiting.
  std::vector<wire::NodeWindow::Disk> Read();

 private:
  struct Shared;
  // Shared with the thread, which may hang for longer than this lives.
  const std::shared_ptr<Shared> shared_;
  bool begun_ = false;
};

// Whether the file system of that device ("254:0") is read-only as a whole, wherever it is mounted: the
// kernel makes it so when its disk fails. The text is that of mountinfo; of a device that is not in it
// nothing is known.
std::optional<bool> IsReadOnly(std::string_view mountinfo, std::string_view device);

}  // namespace loadline::agent
