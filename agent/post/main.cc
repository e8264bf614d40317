// loadline-agent-post: says one thing to one webhook, and ends. The agent starts it when it has something to
// say, so that the libraries of HTTP and TLS (5 MiB on every node) are in memory for that moment only.
//
// Standard input: the URL, a line feed, the text. Exit status 0 when the webhook took it; else the reason
// stands on standard output, without the URL.
#include <fmt/core.h>

#include <iostream>
#include <iterator>
#include <string>

#include "agent/post/webhook.h"
#include "schemas/base/hardening.h"
#include "schemas/base/printable.h"

int main(int argc, char** /*argv*/) {
  if (argc > 1) {
    fmt::print("usage: loadline-agent-post < FILE     the webhook's URL, a line feed, the text\n");
    return 2;
  }
  loadline::HardenProcess(false);  // the URL is a secret
  std::string url;
  std::getline(std::cin, url);
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const loadline::Result<void> told = loadline::agent::PostText(url, text);
  if (told) return 0;
  fmt::print("{}\n", loadline::Printable(told.error().message));
  return 1;
}
