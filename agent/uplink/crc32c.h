// CRC-32C (Castagnoli), as iSCSI and ext4 use it: Crc32c("123456789") is 0xe3069283.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace loadline::agent {

// Of `bytes` appended to data whose checksum is `before`.
constexpr std::uint32_t Crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0) {
  constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0x82f6'3b78u : 0);
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t crc = ~before;
  for (std::byte byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return ~crc;
}

}  // namespace loadline::agent
