// What HTTP and SMTP have in common in libcurl; for the sources of this room alone.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <stop_token>
#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using CurlHandle = std::unique_ptr<CURL, FreeCurl>;

// A list of lines: headers, recipients.
class CurlList {
 public:
  CurlList() = default;
  CurlList(const CurlList&) = delete;
  CurlList& operator=(const CurlList&) = delete;
  ~CurlList() { curl_slist_free_all(list_); }
  void Add(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
  [[nodiscard]] curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// Everything that is referred to must last as long as the exchange.
struct CurlBasics {
  const char* protocols;  // "http,https"
  const std::string& url;
  const std::string& ca_file;  // empty: the system's
  Duration timeout;            // zero: none
  const std::stop_token& stop;
  char* words;  // CURL_ERROR_SIZE bytes for libcurl's own words
};
void SetBasics(CURL* curl, const CurlBasics& basics);
// Beside an authority that was given libcurl goes on trusting the system's folder of them: no longer.
void TrustNoOther(CURL* curl);

long Milliseconds(Duration duration);

}  // namespace loadline::collector
