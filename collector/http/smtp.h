// One e-mail to one SMTP server, over libcurl.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

// What a mail says; libcurl makes MIME of it.
struct MailMessage {
  std::vector<std::string> headers;  // "Subject: words", without the end of the line
  std::string text;                  // the same twice, in UTF-8: a mail program shows what it can
  std::string html;
};

struct SmtpEnvelope {
  std::string url;  // smtp://host:port, or smtps:// for TLS from the first byte
  std::string hello{};
  std::string from;
  std::vector<std::string> to;
  MailMessage message;
  std::string username{};
  Secret password{};
  bool require_tls = true;
  std::string ca_file{};
  Duration timeout = std::chrono::seconds(30);
  std::stop_token stop{};
};

struct SmtpAnswer {
  int code = 0;      // the last reply of the server: 250, 451, 550 ...; 0: none
  std::string text;  // and its words
};

// The server took it, or the error: kDenied (certificate, credentials), kInvalid (a 5xx reply), kUnavailable
// (everything else). `answer` gets the server's last words in each case.
Result<void> SendMail(const SmtpEnvelope& envelope, SmtpAnswer& answer);

}  // namespace loadline::collector
