// The part of the stand-in for Azure that changes machines: deleteMachines of AKS's agent pools, restart and reimage of single
// instances of scale sets, and the operations that are asked after. As in the real one a change takes a while, another one of
// the same pool is refused meanwhile (409), and an operation is asked after by Location (AKS) or Azure-AsyncOperation (Compute).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace loadline::test {

class ArmMachines {
 public:
  // `url`: of the server. The caller has checked the token, and holds a lock over all calls.
  Reply Answer(const SeenRequest& request, const std::string& url);

  // What was asked for, oldest first: "delete web/aks-web-1", "restart vmss-web/7".
  [[nodiscard]] const std::vector<std::string>& changes() const { return changes_; }
  // Requests that the real one would refuse, or that would change more than one machine.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  // What is under way ends.
  void Finish(bool well);
  // No operation is known any more.
  void Forget() { operations_.clear(); }

 private:
  enum class State { kRunning, kDone, kFailed };
  struct Operation {
    bool async = false;
    State state = State::kRunning;
  };
  Reply Refuse(int status, const std::string& code, const std::string& what);
  Reply Delete(const SeenRequest& request, const std::string& pool, const std::string& url);
  Reply Change(const std::string& what, bool async, const std::string& url);
  Reply Look(const std::string& number);

  std::vector<std::string> changes_;
  std::vector<std::string> faults_;
  std::map<std::string, Operation> operations_;
};

}  // namespace loadline::test
