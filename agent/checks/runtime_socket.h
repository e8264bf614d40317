// Does the container runtime answer at its socket? A server that hangs still has connections accepted by its kernel, so
// it is greeted as HTTP/2 (containerd and CRI-O speak gRPC), and has to say something, whatever it is.
#pragma once

#include <string>

#include "agent/checks/check.h"
#include "agent/net/patient_socket.h"

namespace loadline::agent {

inline constexpr const char* kContainerRuntimeProblem = "ContainerRuntimeProblem";

class RuntimeSocket final : public Check {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(3);

  // `is_sure`: somebody has said that it is there.
  RuntimeSocket(std::string path, bool is_sure) : path_(std::move(path)), has_answered_(is_sure) {}
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;

 private:
  const std::string path_;
  bool has_answered_;
};

}  // namespace loadline::agent
