/// CRC-32C (Castagnoli), the same as dandori::crc32c, for the runner.
#pragma once

#include <stddef.h>
#include <stdint.h>

static uint32_t crc32c_table[256];

static inline void crc32c_init(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = (c & 1) ? 0x82F63B78U ^ (c >> 1) : c >> 1;
    crc32c_table[i] = c;
  }
}

static inline uint32_t crc32c_more(uint32_t crc, const void* bytes, size_t n) {
  const uint8_t* p = bytes;
  while (n--) crc = crc32c_table[(crc ^ *p++) & 0xFF] ^ (crc >> 8);
  return crc;
}

/// Checksum of a record that belongs to attempt `sequence`.
static inline uint32_t crc32c_of(uint64_t sequence, const void* bytes, size_t n) {
  return ~crc32c_more(crc32c_more(~0U, &sequence, sizeof sequence), bytes, n);
}

static inline uint32_t crc32c_plain(const void* bytes, size_t n) {
  return ~crc32c_more(~0U, bytes, n);
}
