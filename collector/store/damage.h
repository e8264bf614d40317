// A database that SQLite finds damaged is kept as evidence, and another begun: a collector that refuses to
// start until somebody deletes it watches nobody.
//
// Only a file that is corrupt or no database at all goes this way; a full disk, a lock, an I/O error or a
// missing permission says nothing of what is in it.
#pragma once

#include <string>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// Renames loadline.db with its write-ahead log to loadline.db.damaged-20260101T101500Z, and gives that path.
// One such is kept, the newest: each may be as large as the store.
Result<std::string> SetDatabaseAside(const std::string& folder, Wall now);
// The path of what was set aside, or empty.
std::string DatabaseSetAside(const std::string& folder);

// Damage that is found while the database is in use: it is set aside when it is opened again.
void MarkDatabaseDamaged(const std::string& folder);
bool IsMarkedDamaged(const std::string& folder);

}  // namespace loadline::collector
