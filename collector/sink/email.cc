#include "collector/sink/email.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "collector/alert/alert_words.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kNamedAlerts = 50;
constexpr std::size_t kMost = 50'000;  // of 55,296 characters that Azure's groups allow with the subject
constexpr Duration kSettingRetry = std::chrono::minutes(5);

// RFC 2047: words that are not ASCII travel as base64 of UTF-8, in pieces of whole characters.
std::string Base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned value = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      value = value << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kDigits[value >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

std::string HeaderText(std::string_view text) {
  const std::string line = OneLine(text);
  const bool ascii = std::ranges::all_of(line, [](unsigned char c) { return c < 0x80; });
  // What looks encoded would be decoded: a name is shown as it is.
  if (ascii && line.find("=?") == std::string::npos) return line;
  std::string out;
  for (std::size_t start = 0; start < line.size();) {
    std::size_t end = std::min(start + 42, line.size());
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
    out += (out.empty() ? "" : "\r\n ") + ("=?UTF-8?B?" + Base64(line.substr(start, end - start)) + "?=");
    start = end;
  }
  return out;
}

// A body as base64 in lines of 76: nothing in it can be taken for SMTP or for a boundary.
std::string Body(std::string_view type, const std::string& text) {
  const std::string encoded = Base64(text);
  std::string out =
      fmt::format("Content-Type: {}; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
  for (std::size_t i = 0; i < encoded.size(); i += 76) out += encoded.substr(i, 76) + "\r\n";
  return out;
}

std::string Html(std::string_view text) {
  std::string out;
  for (const char c : SpacedLines(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
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

void Describe(const Alert& alert, const EmailOptions& options, Parts& parts) {
  const std::string head = StateWord(alert) + " " + Title(alert);
  std::string when = "since " + Utc(alert.since);
  if (alert.resolved) when += ", resolved " + Utc(*alert.resolved);
  if (alert.occurrences > 1) when += fmt::format(", {} times", alert.occurrences);
  parts.text +=
      fmt::format("{}\n  {}\n  why: {}\n  {}\n", head, OneLine(alert.summary), OneLine(alert.reason), when);
  if (!alert.graph.empty()) parts.text += "  " + OneLine(alert.graph) + "\n";
  parts.html += fmt::format("<h3>{}</h3><p>{}</p><p><b>Why</b> {}</p><p>{}</p>", Html(head),
                            Html(alert.summary), Html(alert.reason), Html(when));
  if (!alert.graph.empty()) parts.html += fmt::format("<p>{}</p>", Html(alert.graph));
  if (!alert.runbook.empty()) {
    parts.text += "  what to do: " + OneLine(alert.runbook) + "\n";
    parts.html += fmt::format("<p><a href=\"{}\">What to do</a></p>", Html(alert.runbook));
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
    Describe(*alerts[named], options, parts);
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

// In the words of the receiver's own templates, as far as it has any. What takes too much work stays as it
// is.
void SayInOwnWords(const Notification& notification, const EmailOptions& options, std::string& subject,
                   Parts& parts) {
  const auto plain = TemplateData(notification, options.page_url, OneLine);
  bool all = true;
  const auto said = [&](const std::optional<TextTemplate>& own, const nlohmann::json& data) {
    std::optional<std::string> text = own ? own->Render(data) : std::nullopt;
    all = all && (text || !own);
    return text;
  };
  if (const auto own = said(options.own.title, plain)) subject = *own;
  if (const auto own = said(options.own.text, plain)) {
    parts.text = SpacedLines(*own);
    parts.html = "<pre>" + Html(parts.text) + "</pre>";
  }
  if (const auto own = said(options.own.html, TemplateData(notification, options.page_url, Html)))
    parts.html = *own;
  if (all) return;
  parts.text += fmt::format("\n{}\n", kTooMuchWork);
  parts.html += fmt::format("<p>{}</p>", Html(kTooMuchWork));
}

std::string Domain(const std::string& address) {
  const std::size_t at = address.rfind('@');
  return at == std::string::npos ? "loadline.invalid" : address.substr(at + 1);
}

// What a person sees of a mail.
struct Words {
  std::string subject;
  Parts parts;
};

Words WordsOf(std::span<const Notification> batch, const EmailOptions& options) {
  const std::vector<const Alert*> alerts = MostSevereFirst(batch);
  Words words{.subject = Subject(batch, alerts), .parts = Describe(batch, alerts, options)};
  if (batch.size() == 1) SayInOwnWords(batch[0], options, words.subject, words.parts);
  words.subject = OneLine(Cut(words.subject, 200));
  words.parts.html = "<html><body>" + words.parts.html + "</body></html>";
  return words;
}

}  // namespace

std::string EmailMessage(std::span<const Notification> batch, const EmailOptions& options, Wall now) {
  const auto [subject, parts] = WordsOf(batch, options);
  const std::string domain = OneLine(Domain(options.from));
  const std::string boundary = "loadline-" + OneLine(batch.front().id);
  // One thread a group of alerts: everything refers to a root that is never sent itself.
  const std::string root = Fingerprint(batch.front().group_key, {});
  return fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n",
                     std::chrono::floor<std::chrono::seconds>(now)) +
         fmt::format("From: Loadline <{}>\r\nTo: {}\r\n", OneLine(options.from),
                     OneLine(fmt::format("{}", fmt::join(options.to, ", ")))) +
         "Subject: " + HeaderText(subject) + "\r\n" +
         fmt::format("Message-ID: <{}@{}>\r\nReferences: <{}@{}>\r\nIn-Reply-To: <{}@{}>\r\n",
                     OneLine(batch.front().id), domain, root, domain, root, domain) +
         "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n" +
         fmt::format("Content-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n", boundary) +
         fmt::format("--{}\r\n", boundary) + Body("text/plain", parts.text) +
         fmt::format("--{}\r\n", boundary) + Body("text/html", parts.html) +
         fmt::format("--{}--\r\n", boundary);
}

std::vector<ShownMessage> Email::Show(std::span<const Notification> batch, Wall now) const {
  Words words = WordsOf(batch, options_);
  return {{.text = fmt::format("Subject: {}\n\n{}", words.subject, words.parts.text),
           .body = EmailMessage(batch, options_, now),
           .html = std::move(words.parts.html)}};
}

Email::Email(EmailOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), password_(options_.password_file) {
  for (const std::string& address : options_.to) addresses_.push_back({.name = address});
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
                        .from = options_.from,
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

}  // namespace loadline::collector
