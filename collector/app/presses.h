// What people press in Slack: done on a thread of its own, and answered where they pressed.
//
// Slack wants to hear within three seconds that it was heard, while the core may be busy for longer; so it is done
// behind that answer, one press after the other. A collector that is killed in between has done nothing and says
// nothing, and whoever pressed sees that.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "collector/app/press_choice.h"
#include "collector/http/http_client.h"
#include "collector/web/alert_desk.h"
#include "collector/web/press_hook.h"
#include "collector/web/repair_desk.h"
#include "schemas/base/bounded_queue.h"

namespace loadline::collector {

class Presses final : public PressDesk {
 public:
  // `desk` and `repairs` outlive it; `repairs` is null where nothing is repaired. `page_url` as in messages.
  Presses(PressChoice choice, std::string page_url, AlertDesk& desk, RepairDesk* repairs);
  ~Presses() override { Close(); }
  Presses(const Presses&) = delete;
  Presses& operator=(const Presses&) = delete;

  [[nodiscard]] bool Take(Press press) override { return queue_.Push(std::move(press)); }
  void TellRefusals(HeardOfRefusal heard) override { refused_ = std::move(heard); }
  // What was taken is still done, as long as the desk does anything; nothing more is taken.
  void Close();

  static constexpr std::size_t kMost = 64;

 private:
  void Run(const std::stop_token& stop);
  // What to say of it; nothing: the desk did not do it.
  std::optional<nlohmann::json> Do(const Press& press);
  std::optional<nlohmann::json> Silence(const Press& press);
  std::optional<nlohmann::json> Decide(const Press& press);
  [[nodiscard]] nlohmann::json NotDone(const char* reason, const std::string& words) const;
  void Say(const Press& press, const nlohmann::json& reply, const std::stop_token& stop);

  const PressChoice choice_;
  const std::string page_url_;
  AlertDesk& desk_;
  RepairDesk* const repairs_;
  HeardOfRefusal refused_;
  HttpClient http_;  // of the thread
  BoundedQueue<Press> queue_{kMost};
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace loadline::collector
