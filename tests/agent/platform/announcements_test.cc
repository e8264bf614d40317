#include "agent/platform/announcements.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/metadata_service.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::EventOf;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kMine = "aks-web-123-vmss_0";
const Wall kNow = Wall(std::chrono::sys_days{std::chrono::year{2026} / 4 / 11}) + 22h;

std::string DocumentOf(int incarnation, const std::vector<json>& events) {
  return json{{"DocumentIncarnation", incarnation}, {"Events", events}}.dump();
}
json Mine(const std::string& type, const std::string& not_before = "Sat, 11 Apr 2026 22:26:58 GMT",
          int seconds = 5) {
  return EventOf(type, {"aks-web-123-vmss_7", "AKS-web-123-vmss_0"}, not_before, seconds);
}
json Started(json event) {
  event["EventStatus"] = "Started";
  event["NotBefore"] = "";
  return event;
}

class AnnouncementsTest : public testing::Test {
 protected:
  // "FreezeScheduled: words", "end: words".
  std::vector<std::string> Read(const std::string& document, Wall now = kNow) {
    const auto told = announced_.Read(document, now);
    if (!told) return {"failed: " + told.error().message};
    std::vector<std::string> words;
    for (const wire::HealthEvent& event : *told) {
      EXPECT_EQ(event.source, "scheduled-events");
      EXPECT_EQ(event.condition, "VMEventScheduled");
      EXPECT_EQ(event.at_ns, now.time_since_epoch().count());
      words.push_back((event.ended ? "end" : event.reason) + ": " + event.message);
    }
    return words;
  }
  Announcements announced_{kMine};
};

constexpr const char* kFreeze =
    "FreezeScheduled: not before 2026-04-11T22:26:58.000Z, for 5 s, by the platform: Host server is "
    "undergoing maintenance.";

TEST_F(AnnouncementsTest, AnEventIsToldWhenItIsAnnouncedWhenItBeginsAndWhenItIsOver) {
  EXPECT_THAT(Read(DocumentOf(1, {})), ElementsAre("end: nothing is announced"))
      << "an agent before this one may have told of some";
  EXPECT_THAT(Read(DocumentOf(2, {Mine("Freeze")})), ElementsAre(kFreeze));
  EXPECT_THAT(Read(DocumentOf(2, {Mine("Freeze")})), IsEmpty());
  EXPECT_THAT(
      Read(DocumentOf(3, {Started(Mine("Freeze"))})),
      ElementsAre(
          "FreezeScheduled: started, for 5 s, by the platform: Host server is undergoing maintenance."));
  EXPECT_THAT(Read(DocumentOf(4, {})), ElementsAre("end: it is over, and not announced any more"));
  EXPECT_THAT(Read(DocumentOf(5, {})), IsEmpty());
}

TEST_F(AnnouncementsTest, OneThatVanishesBeforeItsTimeWasCancelled) {
  EXPECT_THAT(Read(DocumentOf(1, {Mine("Reboot")})).size(), 1U);
  EXPECT_THAT(Read(DocumentOf(2, {})), ElementsAre("end: it was cancelled before it began"));
  EXPECT_THAT(Read(DocumentOf(3, {Mine("Reboot")})).size(), 1U);
  EXPECT_THAT(Read(DocumentOf(4, {}), kNow + 1h), ElementsAre("end: it is over, and not announced any more"));
}

TEST_F(AnnouncementsTest, EventsOfOtherMachinesAreNotOurs) {
  EXPECT_THAT(Read(DocumentOf(1, {EventOf("Redeploy", {"aks-web-123-vmss_1"}), EventOf("Freeze", {})})),
              ElementsAre("end: nothing is announced"));
  EXPECT_THAT(Read(DocumentOf(2, {EventOf("Redeploy", {"aks-web-123-vmss_01"})})), IsEmpty());
}

TEST_F(AnnouncementsTest, OfSeveralTheNearestOfEachKindIsTold) {
  EXPECT_THAT(
      Read(DocumentOf(1, {Mine("Freeze", "Sat, 11 Apr 2026 23:00:00 GMT"), Mine("Freeze"),
                          Mine("Preempt", "Sat, 11 Apr 2026 22:00:30 GMT", -1)})),
      ElementsAre(kFreeze,
                  "PreemptScheduled: not before 2026-04-11T22:00:30.000Z, for a time that is not known, "
                  "by the platform: Host server is undergoing maintenance."));
  // One of two ends: those of one condition end together.
  const auto told = Read(DocumentOf(2, {Mine("Freeze")}));
  EXPECT_THAT(told, ElementsAre("end: it was cancelled before it began", kFreeze));
}

TEST_F(AnnouncementsTest, AnAgentThatStartsAnewTellsWhatStands) {
  EXPECT_THAT(Read(DocumentOf(7, {Mine("Freeze")})), ElementsAre(kFreeze));
}

TEST_F(AnnouncementsTest, APersonsDoingAndAnEventWithoutATimeAreSaidSo) {
  json event = Mine("Terminate", "soon");
  event["EventSource"] = "User";
  event["Description"] = "by\x1b[2Jhand\n";
  event["DurationInSeconds"] = "long";
  EXPECT_THAT(Read(DocumentOf(1, {event})),
              ElementsAre(testing::StartsWith(
                  "TerminateScheduled: at any time, for a time that is not known, by a person: by")));
}

TEST_F(AnnouncementsTest, WhatIsNoDocumentChangesNothing) {
  EXPECT_THAT(Read(DocumentOf(1, {Mine("Freeze")})), ElementsAre(kFreeze));
  for (const char* bad : {"", "<html>busy</html>", "[]", "{}", R"({"Events": null})", R"({"Events": {}})"})
    EXPECT_THAT(Read(bad), ElementsAre("failed: the answer is no document of scheduled events")) << bad;
  EXPECT_THAT(Read(std::string(100'000, '[')).size(), 1U);
  EXPECT_THAT(Read(DocumentOf(2, {1, "x", nullptr, Mine("Freeze"), Mine("Explode")})), IsEmpty());
  EXPECT_THAT(Read(R"({"DocumentIncarnation": 3, "Events": []})"),
              ElementsAre("end: it was cancelled before it began"));
}

TEST_F(AnnouncementsTest, TimesThatAreNoneAreNotBelieved) {
  int incarnation = 0;
  for (const char* bad :
       {"Sat, 31 Feb 2026 22:26:58 GMT", "Sat, 11 Apr 1926 22:26:58 GMT", "2026-04-11T22:26:58Z",
        "Sat, 11 Apr 2026 25:26:58 GMT", "Sat, 11 Apr 2026 22:26:58 CET"}) {
    Announcements announced(kMine);
    const auto told = announced.Read(DocumentOf(++incarnation, {Mine("Freeze", bad)}), kNow);
    ASSERT_TRUE(told);
    EXPECT_THAT(told->at(0).message, testing::StartsWith("at any time")) << bad;
  }
}

}  // namespace
}  // namespace loadline::agent
