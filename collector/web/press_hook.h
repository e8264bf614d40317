// Where Slack tells of buttons that were pressed: POST /api/slack/interactions, signed by the app's signing secret.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>

#include "collector/press/press.h"
#include "collector/press/press_gate.h"
#include "collector/web/answer.h"

namespace loadline::collector {

inline constexpr std::string_view kPressHook = "/api/slack/interactions";

// Why nothing was done of what was pressed: the request has not the form of one; it is not Slack's, or not of now; too
// much waits; whoever pressed may not; there is nothing any more that it could be about.
namespace press_refusal {
inline constexpr const char* kForm = "form";
inline constexpr const char* kSignature = "signature";
inline constexpr const char* kBusy = "busy";
inline constexpr const char* kRights = "rights";
inline constexpr const char* kNothing = "nothing";
inline constexpr std::array kAll = {kForm, kSignature, kBusy, kRights, kNothing};
}  // namespace press_refusal
using HeardOfRefusal = std::function<void(const char* reason)>;  // on any thread

class PressDesk {
 public:
  virtual ~PressDesk() = default;
  // Before the first Take: who hears of what was taken and then not done.
  virtual void TellRefusals(HeardOfRefusal /*heard*/) {}
  // Does what was pressed, and answers who pressed it, after this has returned: Slack gives three seconds, and the core
  // may be busy for longer. False: too much waits already, or the collector stops. Thread-safe.
  [[nodiscard]] virtual bool Take(Press press) = 0;
};

// Both outlive the server; null: there is no such path. `on_refused` hears why the gate let a request out again, on any
// thread, from strangers too: as often as these like.
struct PressHookOptions {
  PressGate* gate = nullptr;
  PressDesk* desk = nullptr;
  std::function<void(const Error&)> on_refused{};
  HeardOfRefusal count{};  // set by the site
};

struct PressHookRequest {
  std::string_view method;
  std::string_view content_type;
  std::string_view content_length;
  PressSignature signature;
  std::string_view body;
};

// Slack sends the message along, whose blocks have some 13,000 characters, each of which may take twelve bytes.
inline constexpr std::size_t kMostOfAPress = 512UL * 1024;

// By the head alone: nothing when the body may be read. What is refused is heard of when it is answered.
std::optional<Answer> RefusePressHook(const PressHookRequest& request, const PressHookOptions& options,
                                      Wall now);
// 200 when it will be done, or is none of our buttons. Waits for nobody. Any number of threads.
Answer AnswerPressHook(const PressHookRequest& request, const PressHookOptions& options, Wall now);

}  // namespace loadline::collector
