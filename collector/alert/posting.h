// What somebody else says of an alert of theirs, in Alertmanager's terms: Prometheus posts what fires again
// and again, each time with an end some minutes ahead, and with an end in the past when it is over.
#pragma once

#include <optional>
#include <string>

#include "collector/alert/condition.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct Posting {
  Labels labels;
  Labels annotations;
  std::string generator_url;
  Wall starts_at{};
  Wall ends_at{};
};

// Bounds of one posting. Labels beyond them are refused with a reason, for they are the alert's identity; of
// annotations so much is kept as has room, the longest texts being cut.
struct PostingLimits {
  std::size_t labels = 500;
  std::size_t annotations = 500;
  std::size_t bytes = 32 * 1024;  // of all names and values together
};

// Gives a posting the instants it left out, as Alertmanager does: a start of now, or of its end where it has
// one; an end after `resolve_timeout`. Labels without a value are none. Fails on one that has no labels, a
// name that is none, an end before its start, or more labels than the limits allow.
Result<void> Complete(Posting& posting, std::optional<Wall> starts_at, std::optional<Wall> ends_at, Wall now,
                      Duration resolve_timeout, const PostingLimits& limits = {});

// The severity that a label's value means: Sev0 to Sev4, and the words of Prometheus and Azure.
//   critical, page: Sev0   error, high: Sev1   warning: Sev2   info: Sev4   anything else: Sev3
Severity SeverityOf(const std::string& word);

// The address, where a browser opens it as a page; "" for anything else, for strangers may call anything a link.
std::string WebLink(std::string url);

// Under which rule and labels the book keeps it, and in which words people are told of it.
Condition ConditionOf(const Posting& posting);

}  // namespace loadline::collector
