// The texts that Alertmanager sends where a section gives none of its own, for the receivers to which we send
// the same: incident systems and chats whose people know them from there. All are made of what a template sees
// (own_texts.h), so whatever was escaped there is.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace loadline::collector {

// "[FIRING:2] ContainerOomKilled shop (aks-prod Sev2)": the group's labels, then what else all alerts have.
// `more`: firing alerts beyond those that are named.
std::string SubjectText(const nlohmann::json& data, std::size_t more);

// Of these alerts each with labels, annotations and source. At most `bytes`: of what has no room it is said
// how many they are, with the `more` that are not among them.
struct ListForm {
  const char* item;    // before "name = value"
  const char* before;  // before "Labels:", "Annotations:" and "Source:"
};
inline constexpr ListForm kPlainList = {.item = " - ", .before = ""};
inline constexpr ListForm kMarkdownList = {.item = "  - ", .before = "\n"};
std::string AlertListText(const nlohmann::json& alerts, const ListForm& form, std::size_t more,
                          std::size_t bytes);

// The alerts of this status, "firing" or "resolved".
nlohmann::json AlertsThatAre(const nlohmann::json& data, const char* status);

// The values of a mapping of labels, alertname first, the others by name, with spaces between them.
std::string ValuesText(const nlohmann::json& labels);

}  // namespace loadline::collector
