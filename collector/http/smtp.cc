#include "collector/http/smtp.h"

#include <fmt/core.h>

#include <cctype>
#include <memory>

#include "collector/http/curl.h"
#include "collector/http/http_client.h"

namespace loadline::collector {
namespace {

struct FreeMime {
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};
using Mime = std::unique_ptr<curl_mime, FreeMime>;

// As base64, in which nothing can be taken for SMTP or for a boundary.
void AddPart(const Mime& mime, const char* type, const std::string& text) {
  curl_mimepart* part = curl_mime_addpart(mime.get());
  curl_mime_type(part, type);
  curl_mime_data(part, text.data(), text.size());
  curl_mime_encoder(part, "base64");
}

// The best part comes last (RFC 2046).
Mime PartsOf(CURL* curl, const MailMessage& message) {
  Mime mime(curl_mime_init(curl));
  AddPart(mime, "text/plain; charset=UTF-8", message.text);
  AddPart(mime, "text/html; charset=UTF-8", message.html);
  return mime;
}

// The server's replies come as header lines: "550 5.1.1 no such user".
std::size_t Hear(char* line, std::size_t, std::size_t size, void* context) {
  auto& answer = *static_cast<SmtpAnswer*>(context);
  const bool reply = size >= 4 && std::isdigit(static_cast<unsigned char>(line[0])) != 0 && line[3] != '-';
  if (!reply) return size;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  // What matters is the first refusal, not the goodbye after it.
  if (answer.code >= 400) return size;
  answer = {code, std::string(line, size)};
  while (!answer.text.empty() && std::isspace(static_cast<unsigned char>(answer.text.back())))
    answer.text.pop_back();
  return size;
}

ErrorKind KindOf(CURLcode code, const SmtpAnswer& answer) {
  switch (code) {
    case CURLE_LOGIN_DENIED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
      return ErrorKind::kDenied;
    default:
      return answer.code >= 500 ? ErrorKind::kInvalid : ErrorKind::kUnavailable;
  }
}

}  // namespace

Result<void> SendMail(const SmtpEnvelope& envelope, SmtpAnswer& answer) {
  answer = {};
  const CurlHandle handle(curl_easy_init());
  CURL* curl = handle.get();
  CurlList recipients;
  for (const std::string& address : envelope.to) recipients.Add("<" + address + ">");
  CurlList headers;
  for (const std::string& header : envelope.message.headers) headers.Add(header);
  headers.Add("Content-Type: multipart/alternative");  // libcurl puts its boundary behind it
  const Mime parts = PartsOf(curl, envelope.message);
  // libcurl greets with the last part of the URL's path.
  const std::string url = envelope.url + "/" + (envelope.hello.empty() ? "loadline" : envelope.hello);
  const std::string from = "<" + envelope.from + ">";
  char words[CURL_ERROR_SIZE] = "";
  SetBasics(curl, {.protocols = "smtp,smtps",
                   .url = url,
                   .ca_file = envelope.ca_file,
                   .timeout = envelope.timeout,
                   .stop = envelope.stop,
                   .words = words});
  curl_easy_setopt(curl, CURLOPT_USE_SSL,
                   static_cast<long>(envelope.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!envelope.username.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, envelope.username.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, envelope.password.Reveal().c_str());
  }
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_MIMEPOST, parts.get());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, Hear);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  const std::string said = answer.code >= 400 ? ": " + answer.text : "";
  return Failure(KindOf(code, answer), fmt::format("{}: {}{}", HostOf(envelope.url),
                                                   *words ? words : curl_easy_strerror(code), said));
}

}  // namespace loadline::collector
