#include "collector/cli/follow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "collector/cli/words.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr double kWorthTelling = 0.1;  // of a target

std::string Text(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

// "2026-01-01T10:07:20.123Z" -> "10:07:20"
std::string TimeOfDay(const std::string& instant) {
  return instant.size() >= 19 ? instant.substr(11, 8) : instant;
}

bool Moved(double before, double now) {
  return std::abs(now - before) > kWorthTelling * std::max(before, 1.0);
}

std::string WhatHappened(const std::string& kind) {
  if (kind == "oom_kill") return "OOM kill";
  if (kind == "memory_stall") return "memory";
  return kind;
}

// "100m -> 1.2"; just the target where nothing is requested.
std::string Step(const Json& resource, std::string (*words)(const Json&)) {
  const Json& current = resource.at("current_request");
  return (current.is_null() ? "" : words(current) + " -> ") + words(resource.at("target"));
}

}  // namespace

bool Follower::Wanted(const std::string& text) const {
  return std::ranges::all_of(words_,
                             [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

void Follower::Happenings(const Json& items, std::vector<Line>& out) {
  const std::string before = last_happening_;
  const std::set<std::string> told = told_at_last_;
  for (const Json& item : items) {
    const std::string at = Text(item, "at");
    const std::string text = Text(item, "text");
    // Instants of one form compare as text. Several may share one, so what was told of the last one is
    // remembered.
    if (at < before || (at == before && told.contains(text))) continue;
    if (at > last_happening_) {
      last_happening_ = at;
      told_at_last_.clear();
    }
    if (at == last_happening_) told_at_last_.insert(text);
    if (Wanted(item.dump())) out.push_back({at, WhatHappened(Text(item, "kind")), text});
  }
}

void Follower::Alerts(const Json& items, std::vector<Line>& out) {
  for (const Json& item : items) {
    const std::string state = Text(item, "state");
    std::string& told = states_[Text(item, "fingerprint")];
    if (state == told || state == "pending" || !Wanted(item.dump())) continue;
    // What was over before anybody looked is no news.
    const bool news = state == "firing" || !told.empty();
    told = state;
    if (!news) continue;
    const bool firing = state == "firing";
    out.push_back({Text(item, firing ? "fired" : "resolved"),
                   firing ? "alert " + Text(item, "severity") : std::string("resolved"),
                   fmt::format("{}: {}", Text(item, "rule"), Text(item, firing ? "reason" : "summary"))});
  }
}

void Follower::Advice(const std::string& at, const Json& items, std::vector<Line>& out) {
  for (const Json& item : items) {
    const Json& advice = item.at("recommendation");
    if (advice.is_null() || !Wanted(item.dump())) continue;
    const Json& cpu = advice.at("cpu_millicores");
    const Json& memory = advice.at("memory_bytes");
    const Targets now{cpu.at("target").get<double>(), memory.at("target").get<double>()};
    const std::string name =
        Text(item, "workload") + (Text(item, "container").empty() ? "" : " " + Text(item, "container"));
    const auto [known, first] = targets_.try_emplace(name, now);
    if (first || Moved(known->second.cpu, now.cpu)) {
      out.push_back(
          {at, "advice", fmt::format("{}: CPU {}. {}", name, Step(cpu, MaybeCpu), Text(cpu, "reason"))});
      known->second.cpu = now.cpu;
    }
    if (first || Moved(known->second.memory, now.memory)) {
      out.push_back(
          {at, "advice",
           fmt::format("{}: memory {}. {}", name, Step(memory, MaybeBytes), Text(memory, "reason"))});
      known->second.memory = now.memory;
    }
  }
}

std::vector<std::string> Follower::Look(const Json& happenings, const Json& alerts,
                                        const Json& recommendations) {
  std::vector<Line> news;
  Happenings(happenings.at("items"), news);
  Alerts(alerts.at("items"), news);
  Advice(Text(recommendations, "at"), recommendations.at("items"), news);
  std::ranges::stable_sort(news, {}, &Line::at);
  std::vector<std::string> lines;
  for (const Line& line : news)
    lines.push_back(fmt::format("{}  {:<11}  {}\n", TimeOfDay(line.at), line.what, Printable(line.text)));
  return lines;
}

}  // namespace loadline::collector
