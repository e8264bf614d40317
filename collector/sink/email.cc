#include "collector/sink/email.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert_file/section_checks.h"
#include "collector/alert_text/alert_words.h"
#include "collector/sink/entities.h"
#include "collector/sink/mailbox.h"
#include "collector/sink/sink_kind.h"
#include "schemas/base/letter_case.h"
#include "schemas/base/printable.h"
#include "schemas/base/utf8.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kNamedAlerts = 50;
constexpr std::size_t kMost = 50'000;  // of 55,296 characters that Azure's groups allow with the subject
constexpr Duration kSettingRetry = std::chrono::minutes(5);

// RFC 2047, which libcurl leaves to us: words that are not ASCII travel as UTF-8 byte by byte, in pieces of whole
// characters.
std::string HeaderText(std::string_view text) {
  constexpr std::size_t kPiece = 18;  // bytes, three letters each: behind "Subject: " they are a line of 76
  const std::string line = OneLine(text);
  const bool ascii = std::ranges::all_of(line, [](unsigned char c) { return c < 0x80; });
  // What looks encoded would be decoded: a name is shown as it is.
  if (ascii && line.find("=?") == std::string::npos) return line;
  std::string out;
  for (std::string_view rest = line; !rest.empty();) {
    const std::size_t length = std::max<std::size_t>(WholeCharacters(rest, kPiece), 1);
    out += out.empty() ? "=?UTF-8?Q?" : "\r\n =?UTF-8?Q?";
    for (const char c : rest.substr(0, length)) out += fmt::format("={:02X}", static_cast<unsigned char>(c));
    out += "?=";
    rest.remove_prefix(length);
  }
  return out;
}

std::string Html(std::string_view text) {
  return WithEntities(text, QuotesToo::kYes);
}

// The same, with its lines.
std::string HtmlLines(std::string_view text) {
  std::string out;
  for (const char c : Html(text)) c == '\n' ? void(out += "<br>\n") : void(out += c);
  return out;
}

// Lines below one another, in a text whose own begin further to the left.
std::string Indented(std::string_view text) {
  std::string out;
  for (const char c : SpacedLines(text)) c == '\n' ? void(out += "\n  ") : void(out += c);
  return out;
}

std::string Subject(std::span<const Notification> batch, const std::vector<const Alert*>& alerts) {
  const Tally tally = Count(batch);
  if (alerts.size() == 1 && tally.more == 0)
    return fmt::format("[{}] {}", StateWord(*alerts[0]), Title(*alerts[0]));
  return fmt::format("[{}]{}", Headline(tally), alerts.empty() ? "" : " " + Title(*alerts[0]));
}

struct Parts {
  std::string text;
  std::string html;
};

// `others`: what it is told with.
void Describe(const Alert& alert, std::span<const Alert* const> others, const EmailOptions& options,
              Parts& parts) {
  constexpr std::size_t kMostLabels = 2'000;
  const std::string head = StateWord(alert) + " " + Title(alert);
  std::string when = "since " + Utc(alert.since);
  if (alert.resolved) when += ", resolved " + Utc(*alert.resolved);
  if (alert.occurrences > 1) when += fmt::format(", {} times", alert.occurrences);
  parts.text += fmt::format("{}\n  {}\n  why: {}\n  {}\n", head, Indented(Worded(alert, alert.summary)),
                            Indented(Worded(alert, alert.reason)), when);
  if (!alert.graph.empty()) parts.text += "  " + OneLine(alert.graph) + "\n";
  parts.html += fmt::format("<h3>{}</h3><p>{}</p><p><b>Why</b> {}</p><p>{}</p>", Html(head),
                            HtmlLines(Worded(alert, alert.summary)), HtmlLines(Worded(alert, alert.reason)),
                            Html(when));
  if (!alert.graph.empty()) parts.html += fmt::format("<p>{}</p>", Html(alert.graph));
  if (const std::string labels = Cut(FurtherLabels(alert, others), kMostLabels); !labels.empty()) {
    parts.text += "  labels: " + labels + "\n";
    parts.html += fmt::format("<p><b>Labels</b> {}</p>", Html(labels));
  }
  for (const AlertLink& link : Links(alert)) {
    parts.text += fmt::format("  {}: {}\n", link.words, OneLine(link.url));
    parts.html += fmt::format("<p><a href=\"{}\">{}</a></p>", Html(link.url), link.words);
  }
  if (!options.page_url.empty()) {
    const std::string link = options.page_url + "/#/alerts/" + alert.fingerprint;
    parts.text += "  " + link + "\n";
    parts.html += fmt::format("<p><a href=\"{0}\">{0}</a></p>", Html(link));
  }
  parts.text += "\n";
}

Parts Describe(std::span<const Notification> batch, const std::vector<const Alert*>& alerts,
               const EmailOptions& options) {
  Parts parts;
  std::size_t named = 0;
  for (; named < alerts.size() && named < kNamedAlerts && parts.html.size() < kMost / 3; ++named) {
    Describe(*alerts[named], alerts, options, parts);
  }
  const Tally tally = Count(batch);
  if (tally.total() > named) {
    std::string rest = fmt::format("and {} more; in all:\n", tally.total() - named);
    for (const auto& [what, count] : tally.by_rule)
      rest += fmt::format("  {} {}: {}\n", Name(what.first), OneLine(what.second), count);
    rest = Cut(rest, 4'000);
    parts.text += rest;
    parts.html += "<pre>" + Html(rest) + "</pre>";
  }
  return parts;
}

// In the words of the receiver's own templates, as far as it has any. What cannot be filled in stays as it
// is.
void SayInOwnWords(const Notification& notification, const EmailOptions& options, std::string& subject,
                   Parts& parts) {
  const bool posted =
      std::ranges::all_of(notification.alerts, [](const Alert& alert) { return alert.posted.has_value(); });
  const auto plain = TemplateData(notification, options.page_url, posted ? SpacedLines : OneLine);
  std::string failed;
  const auto said = [&](const std::optional<TextTemplate>& own, auto fill) -> std::optional<std::string> {
    if (!own) return std::nullopt;
    Result<std::string> text = ((*own).*fill)(plain);
    if (text) return std::move(*text);
    failed = InsteadOfOwn(text.error());
    return std::nullopt;
  };
  if (const auto own = said(options.own.title, &TextTemplate::Render)) subject = *own;
  if (const auto own = said(options.own.text, &TextTemplate::Render)) {
    parts.text = SpacedLines(*own);
    parts.html = "<pre>" + Html(parts.text) + "</pre>";
  }
  if (const auto own = said(options.own.html, &TextTemplate::RenderHtml)) parts.html = *own;
  if (failed.empty()) return;
  parts.text += fmt::format("\n{}\n", failed);
  parts.html += fmt::format("<p>{}</p>", Html(failed));
}

std::string Domain(const std::string& address) {
  const std::size_t at = address.rfind('@');
  return at == std::string::npos ? "loadline.invalid" : address.substr(at + 1);
}

// No address where the section gives none.
Mailbox From(const EmailOptions& options) {
  const std::vector<Mailbox> from = ParseMailboxes(options.from).value_or(std::vector<Mailbox>{});
  return from.size() == 1 ? from.front() : Mailbox{.address = {}};
}

// Nobody, where the template gives no address for this one.
std::vector<Mailbox> Recipients(const Notification& notification, const EmailOptions& options) {
  std::string list = fmt::format("{}", fmt::join(options.to, ", "));
  if (options.to_template) {
    const auto data = TemplateData(notification, options.page_url, OneLine);
    list = options.to_template->Render(data).value_or("");
  }
  return ParseMailboxes(list).value_or(std::vector<Mailbox>{});
}

// As a header has it: what is beyond letters is quoted or encoded.
std::string HeaderOf(const Mailbox& mailbox) {
  if (mailbox.name.empty()) return mailbox.address;
  std::string name = HeaderText(mailbox.name);
  if (name == mailbox.name) {
    for (std::size_t at = 0; (at = name.find_first_of("\"\\", at)) != std::string::npos; at += 2)
      name.insert(at, 1, '\\');
    name = "\"" + name + "\"";
  }
  return fmt::format("{} <{}>", name, mailbox.address);
}

std::string HeaderOf(const std::vector<Mailbox>& mailboxes) {
  std::string out;
  for (const Mailbox& mailbox : mailboxes) out += (out.empty() ? "" : ",\r\n ") + HeaderOf(mailbox);
  return out;
}

// Those of the receiver's section take the place of ours.
void AddOwnHeaders(const Notification& notification, const EmailOptions& options,
                   std::vector<std::string>& headers) {
  constexpr std::size_t kMostHeader = 900;  // of a line of 998
  if (options.headers.empty()) return;
  const auto data = TemplateData(notification, options.page_url, OneLine);
  for (const auto& [name, text] : options.headers) {
    const std::string begins = InSmallLetters(name) + ":";
    std::erase_if(headers, [&](const std::string& line) { return InSmallLetters(line).starts_with(begins); });
    headers.push_back(name + ": " + HeaderText(Cut(text.Render(data).value_or(""), kMostHeader)));
  }
}

// What a person sees of a mail.
struct MailWords {
  std::string subject;
  Parts parts;
};

MailWords WordsOf(std::span<const Notification> batch, const EmailOptions& options) {
  const std::vector<const Alert*> alerts = MostSevereFirst(batch);
  MailWords words{.subject = Subject(batch, alerts), .parts = Describe(batch, alerts, options)};
  if (batch.size() == 1) SayInOwnWords(batch[0], options, words.subject, words.parts);
  words.subject = OneLine(Cut(words.subject, 200));
  // A text of one's own may be a whole page.
  if (InSmallLetters(words.parts.html).find("<html") == std::string::npos)
    words.parts.html = "<html><body>" + words.parts.html + "</body></html>";
  return words;
}

}  // namespace

MailMessage EmailMessage(std::span<const Notification> batch, const EmailOptions& options, Wall now) {
  auto [subject, parts] = WordsOf(batch, options);
  Mailbox from = From(options);
  const std::string domain = OneLine(Domain(from.address));
  if (from.name.empty()) from.name = "Loadline";
  // One thread a group of alerts: everything refers to a root that is never sent itself.
  const std::string root = fmt::format("<{}@{}>", Fingerprint(batch.front().group_key, {}), domain);
  std::vector<std::string> headers = {"From: " + HeaderOf(from),
                                      "To: " + HeaderOf(Recipients(batch.front(), options)),
                                      "Subject: " + HeaderText(subject)};
  AddOwnHeaders(batch.front(), options, headers);
  headers.insert(
      headers.end(),
      {fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000", std::chrono::floor<std::chrono::seconds>(now)),
       fmt::format("Message-ID: <{}@{}>", OneLine(batch.front().id), domain), "References: " + root,
       "In-Reply-To: " + root, "Auto-Submitted: auto-generated"});
  return {.headers = std::move(headers), .text = std::move(parts.text), .html = std::move(parts.html)};
}

std::vector<ShownMessage> Email::Show(std::span<const Notification> batch, Wall now) const {
  const std::string subject = WordsOf(batch, options_).subject;
  MailMessage message = EmailMessage(batch, options_, now);
  return {{.text = fmt::format("Subject: {}\n\n{}", subject, message.text),
           .body = fmt::format("{}\r\n", fmt::join(message.headers, "\r\n")),
           .html = std::move(message.html)}};
}

Email::Email(EmailOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), password_(options_.password_file) {
  if (!options_.to_template) Expect(Recipients({}, options_));
}

// Of these addresses it is kept what they have had.
void Email::Expect(const std::vector<Mailbox>& recipients) {
  for (const Mailbox& recipient : recipients) {
    if (std::ranges::find(addresses_, recipient.address, &Address::name) == addresses_.end())
      addresses_.push_back({.name = recipient.address});
  }
}

bool Email::Mail(Address& address, const std::vector<Notification>& notifications, SmtpEnvelope& envelope,
                 Failures& failures) {
  address.attempted.clear();
  for (const Notification& notification : notifications) address.attempted.insert(notification.id);
  envelope.to = {address.name};
  envelope.message = EmailMessage(notifications, options_, clock_.WallNow());
  SmtpAnswer answer;
  const Result<void> sent = SendMail(envelope, answer);
  const bool refused = !sent && sent.error().kind == ErrorKind::kInvalid;
  if (sent || refused) {
    (sent ? address.told : address.refused).merge(address.attempted);
    address.attempted.clear();
  }
  if (sent) return true;
  std::string& said = refused ? failures.refused : failures.failed;
  said += fmt::format("{}{}: {}", said.empty() ? "" : "; ", address.name, sent.error().message);
  if (sent.error().kind == ErrorKind::kDenied) failures.patience = kSettingRetry;
  return answer.code >= 400 && sent.error().kind != ErrorKind::kDenied;
}

bool Email::Tell(Address& address, std::span<const Notification> batch, SmtpEnvelope& envelope,
                 Failures& failures) {
  std::vector<Notification> again;
  std::vector<Notification> fresh;
  for (const Notification& notification : batch) {
    if (address.told.contains(notification.id) || address.refused.contains(notification.id)) continue;
    (address.attempted.contains(notification.id) ? again : fresh).push_back(notification);
  }
  // Of an attempt that the batch no longer has whole, the rest was superseded: nothing to repeat.
  if (again.size() != address.attempted.size()) {
    std::ranges::move(again, std::back_inserter(fresh));
    again.clear();
  }
  if (!again.empty() && !Mail(address, again, envelope, failures)) return false;
  if (!address.attempted.empty() && !again.empty()) return true;  // refused for now, as before
  return fresh.empty() || Mail(address, fresh, envelope, failures);
}

// What was superseded while it waited for some address never comes again, and its ids would stay.
void Email::ForgetTheSuperseded() {
  constexpr std::size_t kMostIds = 20'000;  // ten digests
  for (Address& address : addresses_) {
    if (address.told.size() > kMostIds) address.told.clear();
    if (address.refused.size() > kMostIds) address.refused.clear();
  }
}

Outcome Email::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  const std::string port = options_.host.substr(options_.host.rfind(':') + 1);
  const bool implicit_tls = options_.implicit_tls.value_or(port == "465");
  SmtpEnvelope envelope{.url = (implicit_tls ? "smtps://" : "smtp://") + options_.host,
                        .hello = options_.hello,
                        .from = From(options_).address,
                        .to = {},
                        .message = {},
                        .username = options_.username,
                        .password = options_.password,
                        .require_tls = options_.require_tls,
                        .ca_file = options_.ca_file,
                        .timeout = options_.timeout,
                        .stop = stop};
  if (!options_.password_file.empty()) {
    Result<Secret> password = password_.Read();
    if (!password) return {Verdict::kRetry, password.error().message, kSettingRetry};
    envelope.password = std::move(*password);
  }
  ForgetTheSuperseded();
  if (envelope.from.empty()) return {Verdict::kRefused, "'from' is no address"};
  if (options_.to_template) {
    // Without a digest the batch is one message; it alone decides who they are.
    const std::vector<Mailbox> recipients = Recipients(batch.front(), options_);
    std::erase_if(addresses_, [&](const Address& address) {
      return std::ranges::find(recipients, address.name, &Mailbox::address) == recipients.end();
    });
    Expect(recipients);
  }
  if (addresses_.empty()) return {Verdict::kRefused, "'to' gives no address"};
  // One by one: an address that is refused costs only itself, and is named.
  Failures failures;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    if (Tell(addresses_[i], batch, envelope, failures)) continue;
    // A server that does not answer is not asked for each address in turn; next time another begins.
    std::rotate(addresses_.begin() + static_cast<std::ptrdiff_t>(i),
                addresses_.begin() + static_cast<std::ptrdiff_t>(i) + 1, addresses_.end());
    break;
  }
  if (!failures.failed.empty()) return {Verdict::kRetry, OneLine(failures.failed), failures.patience};
  bool anybody = false;
  for (const Notification& notification : batch) {
    for (Address& address : addresses_) {
      anybody = address.told.erase(notification.id) > 0 || anybody;
      address.refused.erase(notification.id);
    }
  }
  if (!anybody) return {Verdict::kRefused, OneLine(failures.refused)};
  return {Verdict::kDelivered,
          failures.refused.empty() ? "" : "but refused for " + OneLine(failures.refused)};
}

namespace {

constexpr std::string_view kBraces = "{{";
constexpr std::string_view kHeaders = "headers.";

// What makes a mail one of ours, or one at all.
bool IsOurs(const std::string& header) {
  static const std::set<std::string> kOurs = {
      "date",           "message-id",   "references",   "in-reply-to",
      "auto-submitted", "mime-version", "content-type", "content-transfer-encoding"};
  return kOurs.contains(InSmallLetters(header));
}

bool IsObeyed(const std::string& key) {
  if (key.starts_with(kHeaders)) return !IsOurs(key.substr(kHeaders.size()));
  return key != "auth_identity" && key != "threading";
}

std::vector<std::pair<std::string, TextTemplate>> OwnHeaders(const IntegrationConfig& config) {
  std::vector<std::pair<std::string, TextTemplate>> headers;
  for (const auto& [key, value] : config.values) {
    const std::string name = key.starts_with(kHeaders) ? key.substr(kHeaders.size()) : "";
    if (name.empty() || name == "Subject" || IsOurs(name)) continue;
    if (std::optional<TextTemplate> text = TextOf(config, key)) headers.emplace_back(name, std::move(*text));
  }
  return headers;
}

Result<std::unique_ptr<Sink>> Make(const IntegrationConfig& config, const SinkParts& parts) {
  const std::string to = ValueOf(config, "to");
  const bool by_template = to.find(kBraces) != std::string::npos;
  EmailOptions options{.to = by_template ? std::vector<std::string>{} : std::vector{to},
                       .to_template = by_template ? TextOf(config, "to") : std::nullopt,
                       .from = ValueOf(config, "from"),
                       .host = ValueOf(config, "smarthost"),
                       .hello = ValueOf(config, "hello"),
                       .username = ValueOf(config, "auth_username"),
                       .password = ValueOf(config, "auth_password"),
                       .password_file = ValueOf(config, "auth_password_file"),
                       .require_tls = ValueOf(config, "require_tls", "true") != "false",
                       .ca_file = ValueOf(config, "tls_config.ca_file"),
                       .page_url = parts.page_url,
                       .own = {.title = TextOf(config, "headers.Subject"),
                               .text = TextOf(config, "text"),
                               .html = TextOf(config, "html")},
                       .headers = OwnHeaders(config)};
  if (const std::string implicit = ValueOf(config, "force_implicit_tls"); !implicit.empty())
    options.implicit_tls = implicit == "true";
  return std::make_unique<Email>(std::move(options), parts.clock);
}

// Alertmanager finds out when it sends; a receiver with such an address refuses everything.
std::vector<KeyDoubt> Doubts(const KeyValues& values, const TemplateSetPtr& templates) {
  std::vector<KeyDoubt> doubts;
  const auto from = ParseMailboxes(values.at("from"));
  if (!from || from->size() != 1)
    doubts.emplace_back("from", from ? "expected one address" : from.error().message);
  const std::string& to = values.at("to");
  if (to.find(kBraces) != std::string::npos) {
    if (const auto parsed = TextTemplate::Parse(to, templates); !parsed)
      doubts.emplace_back("to", parsed.error().message);
  } else if (const auto parsed = ParseMailboxes(to); !parsed || parsed->empty()) {
    doubts.emplace_back("to", parsed ? "expected an address" : parsed.error().message);
  }
  return doubts;
}

void Check(const YamlMap& map, const KeyValues& /*values*/) {
  const YAML::Node headers = Inner(map, "headers");
  if (!headers.IsMap()) return;
  std::set<std::string> seen;
  for (const auto& entry : headers) {
    const std::string& name = entry.first.Scalar();
    const bool odd =
        std::ranges::any_of(name, [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == ':'; });
    if (name.empty() || odd) map.Fail("headers", fmt::format("'{}' is no name of a header", name));
    if (!seen.insert(InSmallLetters(entry.first.Scalar())).second)
      map.Fail("headers", fmt::format("'{}' twice", entry.first.Scalar()));
  }
}

// What `global` gives to a section that does not say it itself.
KeyNeed OrGlobal(const std::string& own, const std::string& global) {
  return {.own = {own}, .global = {global}, .what = {}};
}

}  // namespace

namespace kinds {

SinkKind Email() {
  using enum KeyType;
  return {.section = {.name = "email",
                      .send_resolved = false,
                      .keys = Keys(
                          {{kText, {"to", "from", "hello", "auth_username", "auth_identity", "min_severity"}},
                           {kTree, {"threading"}},
                           {kAny, {"hours"}},
                           {kHostPort, {"smarthost"}},
                           {kSecret, {"auth_password", "auth_secret"}},
                           {kFile, {"auth_password_file", "auth_secret_file"}},
                           {kHeaders, {"headers"}},
                           {kTemplate, {"html", "text"}},
                           {kFlag, {"require_tls", "force_implicit_tls"}},
                           {kTls, {"tls_config"}}}),
                      .needs = {{.own = {"to"}, .global = {""}, .what = "no address in 'to'"},
                                {.own = {"smarthost"},
                                 .global = {"smtp_smarthost"},
                                 .what = "no SMTP smarthost, neither here nor in global"},
                                {.own = {"from"},
                                 .global = {"smtp_from"},
                                 .what = "no SMTP from, neither here nor in global"},
                                {.own = {"auth_password", "auth_password_file"},
                                 .global = {"smtp_auth_password", "smtp_auth_password_file"},
                                 .what = {},
                                 .several = true},
                                OrGlobal("hello", "smtp_hello"),
                                OrGlobal("auth_username", "smtp_auth_username"),
                                OrGlobal("auth_identity", "smtp_auth_identity"),
                                OrGlobal("require_tls", "smtp_require_tls"),
                                OrGlobal("force_implicit_tls", "smtp_force_implicit_tls"),
                                OrGlobal("tls_config.ca_file", "smtp_tls_config.ca_file")},
                      .global = Keys(
                          {{kText, {"smtp_from", "smtp_hello", "smtp_auth_username", "smtp_auth_identity"}},
                           {kHostPort, {"smtp_smarthost"}},
                           {kSecret, {"smtp_auth_password", "smtp_auth_secret"}},
                           {kFile, {"smtp_auth_password_file", "smtp_auth_secret_file"}},
                           {kFlag, {"smtp_require_tls", "smtp_force_implicit_tls"}},
                           {kTls, {"smtp_tls_config"}}}),
                      .check = Check,
                      .obeyed = {"tls_config.ca_file"},
                      .ignores = [](const std::string& key) { return !IsObeyed(key); },
                      .doubts = Doubts},
          .make = Make};
}

}  // namespace kinds
}  // namespace loadline::collector
