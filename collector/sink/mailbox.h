// Addresses as people write them into mails: On call <oncall@example.org>.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::collector {

struct Mailbox {
  std::string name{};  // of whoever reads there; often empty
  std::string address;
};

// A list with commas between them; names may be quoted. Fails on what is no address: nothing of an address
// that passes can be a header or a command of its own.
Result<std::vector<Mailbox>> ParseMailboxes(std::string_view list);

}  // namespace loadline::collector
