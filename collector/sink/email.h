// E-mail through an SMTP server: to one address or a group of them, as text and HTML, in threads.
//
// Every message about a group of alerts refers to the same root, so that mail programs show one thread; the
// Message-ID is the notification's, so that a resend is the same message. Connection, 4xx answers
// (greylisting) and time-outs are tried again; a server that wants other credentials or shows a certificate
// that is not to be trusted is tried again slowly; an address that the server refuses is named, and the rest
// of the group is told.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/alert/sink.h"
#include "collector/http/smtp.h"
#include "collector/sink/mailbox.h"
#include "collector/sink/own_texts.h"
#include "schemas/base/renewed_secret.h"

namespace loadline::collector {

struct EmailOptions {
  std::vector<std::string> to;                // "ops@example.org", "On call <oncall@example.org>"
  std::optional<TextTemplate> to_template{};  // in place of it: as labels have it
  std::string from;                           // may have a name too
  std::string host;                           // mail.example:587
  std::string hello{};
  std::string username{};
  Secret password{};                   // one of both
  std::string password_file{};         // better
  bool require_tls = true;             // STARTTLS must work
  std::optional<bool> implicit_tls{};  // TLS from the first byte; not set: with port 465
  std::string ca_file{};
  std::string page_url{};
  OwnTexts own{};                                               // title: the subject
  std::vector<std::pair<std::string, TextTemplate>> headers{};  // further ones, or in place of ours
  Duration timeout = std::chrono::seconds(30);
};

// Pure.
MailMessage EmailMessage(std::span<const Notification> batch, const EmailOptions& options, Wall now);

class Email final : public Sink {
 public:
  Email(EmailOptions options, const Clock& clock);

  // Azure's action groups allow 100 an hour to an address; beyond that the rest comes as a digest, where all
  // go to the same.
  [[nodiscard]] SinkTraits traits() const override {
    return {.per_second = 100.0 / 3600, .burst = 20, .digest = options_.to_template ? 1U : 2'000U};
  }
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;

 private:
  EmailOptions options_;
  const Clock& clock_;
  RenewedSecret password_;
  // What an address has had, or will never take, of the notifications under way: a retry for one address, or
  // with more in the batch, is no second mail of the same for the others.
  struct Address {
    std::string name;
    std::set<std::string> told{};
    std::set<std::string> refused{};
    // The last attempt, whose outcome may be unknown: it is repeated as it was, under the same id.
    std::set<std::string> attempted{};
  };
  struct Failures {
    std::string refused;
    std::string failed;
    std::optional<Duration> patience;
  };
  void ForgetTheSuperseded();
  void Expect(const std::vector<Mailbox>& recipients);
  // False: the server, not the address, is at fault.
  bool Tell(Address& address, std::span<const Notification> batch, SmtpEnvelope& envelope,
            Failures& failures);
  // True: the server answered, whatever it thinks of the address.
  bool Mail(Address& address, const std::vector<Notification>& notifications, SmtpEnvelope& envelope,
            Failures& failures);

  std::vector<Address> addresses_;  // who was in the way of the others comes last
};

}  // namespace loadline::collector
