// An alert as a row of the custom table: the columns that the data collection rule declares, no more, no
// less.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "collector/alert/notification.h"

namespace loadline::collector {

struct AzureColumn {
  const char* name;
  const char* type;  // string, int, long, real, boolean, datetime, dynamic
  const char* meaning;
};

// In the order of the table. A name that Azure reserves (Title, Type, id ...) is none of them.
std::span<const AzureColumn> AzureColumns();

struct AzureRowOptions {
  std::string cluster{};   // the collector's, for alerts that others posted without one
  std::string page_url{};  // where links lead, or empty
};

// One value for every column; what does not apply is null. Texts are cut far below the 64 KB at which Azure
// would cut them.
nlohmann::json AzureRow(const Notification& notification, const Alert& alert, const AzureRowOptions& options);

}  // namespace loadline::collector
