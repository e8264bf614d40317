// Titles and bodies that a receiver's section gives as templates, in place of the built-in ones.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "collector/alert/notification.h"
#include "collector/alert_text/text_template.h"

namespace loadline::collector {

// Absent: the built-in text. A digest always has the built-in texts.
struct OwnTexts {
  std::optional<TextTemplate> title{};
  std::optional<TextTemplate> text{};
  std::optional<TextTemplate> html{};  // e-mail alone
};

// Said below the built-in text where a receiver's own exceeds TextTemplate::kMostSteps.
inline constexpr std::string_view kTooMuchWork =
    "The receiver's own text takes too much work for so many alerts; this is the built-in one.";

// What a template sees, under Alertmanager's names: Receiver, Status, Alerts (each with Status, Labels,
// Annotations, StartsAt, EndsAt, GeneratorURL, Fingerprint), GroupLabels, CommonLabels, CommonAnnotations,
// ExternalURL. Every string passes through `escape`, so that a template can be careless with what strangers
// wrote; what the template itself says stays as it is.
nlohmann::json TemplateData(const Notification& notification, const std::string& page_url,
                            const std::function<std::string(std::string_view)>& escape);

}  // namespace loadline::collector
