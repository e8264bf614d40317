#include "collector/http/curl.h"

namespace loadline::collector {
namespace {

int Stopped(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(context)->stop_requested() ? 1 : 0;
}

}  // namespace

void SetBasics(CURL* curl, const CurlBasics& basics) {
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, basics.words);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, basics.protocols);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_URL, basics.url.c_str());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, Milliseconds(basics.timeout));
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, Stopped);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &basics.stop);
  if (basics.ca_file.empty()) return;
  curl_easy_setopt(curl, CURLOPT_CAINFO, basics.ca_file.c_str());
  TrustNoOther(curl);
}

void TrustNoOther(CURL* curl) {
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
}

long Milliseconds(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

}  // namespace loadline::collector
