// Titles and bodies that a receiver's section gives as templates, in place of the built-in ones.
#pragma once

#include <functional>
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

// Said below the built-in text where a receiver's own cannot be filled in, with what is wrong in one line.
std::string InsteadOfOwn(const Error& error);

// What a template sees, under Alertmanager's names: Receiver, Status, Alerts (each with Status, Labels,
// Annotations, StartsAt, EndsAt, GeneratorURL, Fingerprint), NotificationReason, GroupLabels, CommonLabels,
// CommonAnnotations, RouteLabels, ExternalURL. What strangers wrote passes through `escape` where it is written, so that a
// template can be careless with it; what the template itself says stays as it is. Now is when the notification
// was made.
TextData TemplateData(const Notification& notification, const std::string& page_url,
                      std::function<std::string(std::string_view)> escape);

// The labels of its route in plain words. One that cannot be filled in is left out.
Labels FilledRouteLabels(const Notification& notification, const std::string& page_url,
                         const TemplateSetPtr& templates);

}  // namespace loadline::collector
