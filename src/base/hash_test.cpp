#include "base/hash.h"

#include <doctest/doctest.h>

namespace dandori {

TEST_CASE("sha256 gives the digests of FIPS 180-4") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abc")[0] == 0xBA);
}

TEST_CASE("crc32c gives the values of RFC 3720, B.4") {
  CHECK(crc32c("") == 0U);
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  CHECK(crc32c(rising) == 0x46DD794EU);
}

TEST_CASE("mix64 depends on every byte and on the key, and is the same in every build") {
  CHECK(mix64("a") != mix64("b"));
  CHECK(mix64("a", 1) != mix64("a", 2));
  CHECK(mix64(std::uint64_t{1}) != mix64(std::uint64_t{2}));
  CHECK(mix64("") == mix64(std::uint64_t{0xCBF29CE484222325}));
  CHECK(mix64("attempt", 7) == 9964099978286073284U);
}

}  // namespace dandori
