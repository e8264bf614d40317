#include "agent/host/cgroup_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "agent/host/cgroup_mounts.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kMaxFolders = 65'536;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// Appends the folders in one folder. Cgroup folders hold files and cgroups, nothing else.
void AppendChildren(const std::string& mount, const std::string& path, std::vector<CgroupFolder>& found) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir((mount + path).c_str()));
  if (folder == nullptr) return;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    if (found.size() >= kMaxFolders) return;
    found.push_back({entry->d_ino, std::string(BelowMount(path)) + "/" + entry->d_name});
  }
}

}  // namespace

Result<std::vector<CgroupFolder>> WalkCgroups(const CgroupHierarchy& hierarchy) {
  struct stat root{};
  if (::stat(hierarchy.mount.c_str(), &root) != 0) return SystemFailure("walking " + hierarchy.mount, errno);
  std::vector<CgroupFolder> found{{root.st_ino, "/"}};
  for (std::size_t index = 0; index < found.size(); ++index) {
    const std::string path = found[index].path;  // the vector grows below
    AppendChildren(hierarchy.mount, path, found);
  }
  return found;
}

}  // namespace loadline::agent
