#include "base/hash.h"

#include <openssl/evp.h>

#include "base/assert.h"
#include "base/text.h"

namespace dandori {

namespace {

constexpr std::uint32_t kCastagnoli = 0x82F63B78;  // reflected polynomial

using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Tables for eight bytes at a step ("slicing by 8").
constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kCastagnoli : 0U);
    tables[0][i] = crc;
  }
  for (std::size_t slice = 1; slice < tables.size(); ++slice) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t previous = tables[slice - 1][i];
      tables[slice][i] = (previous >> 8U) ^ tables[0][previous & 0xFFU];
    }
  }
  return tables;
}

constexpr CrcTables kCrcTables = make_crc_tables();

std::uint32_t little_endian_32(const char* bytes) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < 4; ++i) {
    word |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8U * i);
  }
  return word;
}

std::uint32_t crc_of_8(std::uint32_t crc, const char* bytes) {
  const std::uint32_t low = crc ^ little_endian_32(bytes);
  const std::uint32_t high = little_endian_32(bytes + 4);
  return kCrcTables[7][low & 0xFFU] ^ kCrcTables[6][(low >> 8U) & 0xFFU] ^
         kCrcTables[5][(low >> 16U) & 0xFFU] ^ kCrcTables[4][low >> 24U] ^
         kCrcTables[3][high & 0xFFU] ^ kCrcTables[2][(high >> 8U) & 0xFFU] ^
         kCrcTables[1][(high >> 16U) & 0xFFU] ^ kCrcTables[0][high >> 24U];
}

/// The last step of splitmix64: every bit of the input moves about half of the output.
constexpr std::uint64_t finish(std::uint64_t value) {
  value ^= value >> 30U;
  value *= 0xBF58476D1CE4E5B9ULL;
  value ^= value >> 27U;
  value *= 0x94D049BB133111EBULL;
  return value ^ (value >> 31U);
}

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;  // the increment of splitmix64

}  // namespace

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  DANDORI_ASSERT(done == 1, "OpenSSL has SHA-256");
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  const Sha256 digest = sha256(bytes);
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) crc = crc_of_8(crc, bytes.data());
  for (const char byte : bytes) {
    crc = (crc >> 8U) ^ kCrcTables[0][(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  }
  return ~crc;
}

std::uint64_t mix64(std::string_view bytes, std::uint64_t key) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001B3ULL;
  }
  return mix64(hash, key);
}

std::uint64_t mix64(std::uint64_t value, std::uint64_t key) {
  return finish(finish(key + kGolden) ^ (value + kGolden));
}

}  // namespace dandori
