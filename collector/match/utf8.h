// UTF-8 where a foreign language asks for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loadline::collector {

// Neither overlong forms nor surrogates are.
[[nodiscard]] bool IsUtf8(std::string_view bytes);
// False, and nothing is added, for what is no character.
[[nodiscard]] bool AppendUtf8(std::uint32_t character, std::string& out);

}  // namespace loadline::collector
