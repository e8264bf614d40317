// Whether somebody may read the collector's page, as the cluster's roles have it: the API server is asked
// whose a token is (TokenReview), and whether that user may do this (SubjectAccessReview with a non-resource
// path).
//
// Answers are kept for `keep`, refusals for `keep_refusal`, at most `most` of them: a token that was taken
// away is good for so long still. Thread-safe; whoever asks for what is not known waits for the API server.
#pragma once

#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <tuple>

#include "collector/kube_api/access.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct ReaderAccessOptions {
  Duration keep = std::chrono::minutes(1);
  Duration keep_refusal = std::chrono::seconds(10);
  std::size_t most = 1000;
  std::size_t at_once = 4;  // asked about; more are told to come again
};

class ReaderAccess {
 public:
  // `clock` outlives it.
  ReaderAccess(KubeAccess access, const Clock& clock, ReaderAccessOptions options = {})
      : access_(std::move(access)), clock_(clock), options_(options) {}
  ReaderAccess(const ReaderAccess&) = delete;
  ReaderAccess& operator=(const ReaderAccess&) = delete;

  // kInvalid: the token is not known. kDenied: its user may not. kUnavailable: that cannot be found out now.
  Result<void> May(const std::string& token, std::string_view verb, std::string_view path);

  // Nobody waits for the API server any more.
  void Stop() { stop_.request_stop(); }

 private:
  using Question = std::tuple<std::string, std::string, std::string>;  // token, verb, path
  struct Answer {
    Result<void> may;
    Mono until;
  };
  Result<void> Ask(const Question& question) const;
  void MakeRoom(Mono now);

  const KubeAccess access_;
  const Clock& clock_;
  const ReaderAccessOptions options_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::map<Question, Answer> answers_;
  std::size_t asking_ = 0;
};

// The path by which roles name what is read. What Prometheus scrapes everywhere is `/metrics`, as elsewhere;
// all else stands below `/loadline`, because every account may read `/api` and what is below it.
std::string NonResourcePath(std::string_view path);

}  // namespace loadline::collector
