// Alertmanager's http_config, as the section of a receiver has it, for our HTTP client.
#pragma once

#include "collector/alert_file/alert_config.h"
#include "collector/http/http_way.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// How the section says that its other side is reached. Fails on what is of Alertmanager's language and not
// spoken here: secrets of a secret manager (*_ref), tokens of OAuth 2 for a signed assertion; and on a
// certificate that is no PEM.
Result<HttpWayOptions> HttpWayOf(const IntegrationConfig& config);

}  // namespace loadline::collector
