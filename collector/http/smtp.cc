#include "collector/http/smtp.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "collector/http/curl.h"
#include "collector/http/http_client.h"

namespace loadline::collector {
namespace {

struct Unread {
  std::string_view message;
};

std::size_t Give(char* to, std::size_t size, std::size_t count, void* context) {
  auto& unread = static_cast<Unread*>(context)->message;
  const std::size_t given = std::min(size * count, unread.size());
  std::memcpy(to, unread.data(), given);
  unread.remove_prefix(given);
  return given;
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
  Unread unread{envelope.message};
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
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, Give);
  curl_easy_setopt(curl, CURLOPT_READDATA, &unread);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, Hear);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  const std::string said = answer.code >= 400 ? ": " + answer.text : "";
  return Failure(KindOf(code, answer), fmt::format("{}: {}{}", HostOf(envelope.url),
                                                   *words ? words : curl_easy_strerror(code), said));
}

}  // namespace loadline::collector
