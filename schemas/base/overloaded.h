// One function object of several, for std::visit:
//
//   std::visit(Overloaded{[](int number) { ... }, [](const std::string& text) { ... }}, value);
#pragma once

namespace loadline {

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace loadline
