// Files that are for nobody else.
#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace loadline {

// Whether others may read or change it. Of a file of ours: anybody else. Of another's, which only root can
// have put there for us: everybody; our group may read it, for so the kubelet mounts a Secret into a pod with
// an fsGroup.
bool IsOpenToOthers(const struct stat& status);

// Takes what others may do with a file or folder of ours away; true when there was something to take. What is
// another's stays as it is (a pod's volume is root's, and its group's), and so does a folder that is meant
// for everybody (sticky, like /tmp), a symbolic link, and what is not there.
bool MakePrivate(const std::filesystem::path& path);

}  // namespace loadline
