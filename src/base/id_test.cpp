#include "base/id.h"

#include <doctest/doctest.h>

namespace dandori {

TEST_CASE("a UUID is written in lower case and read in both") {
  const Uuid id{0x0123456789ABCDEF, 0xFEDCBA9876543210};
  CHECK(format_uuid(id) == "01234567-89ab-cdef-fedc-ba9876543210");
  CHECK(parse_uuid("01234567-89ab-cdef-fedc-ba9876543210") == id);
  CHECK(parse_uuid("01234567-89AB-CDEF-FEDC-BA9876543210") == id);
  CHECK(parse_uuid(format_uuid(Uuid{}))->is_nil());
}

TEST_CASE("a text that is no UUID is refused") {
  for (const std::string_view text :
       {"", "0123", "0123456789abcdeffedcba9876543210", "01234567-89ab-cdef-fedc-ba987654321",
        "01234567-89ab-cdef-fedc-ba98765432100", "01234567-89ab-cdef-fedcxba9876543210",
        "g1234567-89ab-cdef-fedc-ba9876543210", "012345678-9ab-cdef-fedc-ba9876543210"}) {
    CHECK(parse_uuid(text).error().code == "id.bad_uuid");
  }
}

TEST_CASE("a version 7 UUID carries its millisecond, version and variant") {
  const Uuid id = make_uuid7(Timestamp{1'795'212'000'123'456}, 7, 1);
  CHECK((id.high >> 16U) == 1'795'212'000'123U);
  CHECK(((id.high >> 12U) & 0xFU) == 7U);
  CHECK((id.low >> 62U) == 2U);
  CHECK((make_uuid7(Timestamp{-5}, 7, 1).high >> 16U) == 0U);
  CHECK((make_uuid7(kFarFuture, 7, 1).high >> 16U) == 0xFFFF'FFFF'FFFFU);
}

TEST_CASE("ids grow with the counter while time does not go back, and all differ") {
  Uuid last;
  for (std::uint64_t counter = (1ULL << 30U) - 500; counter < (1ULL << 30U) + 500; ++counter) {
    const Uuid id = make_uuid7(Timestamp{1'000'000}, 42, counter);
    REQUIRE(id > last);
    REQUIRE(format_uuid(id) > format_uuid(last));
    last = id;
  }
  CHECK(make_uuid7(Timestamp{1'001'000}, 42, 1) > last);
}

TEST_CASE("the same time, key and counter give the same id; another key gives another") {
  CHECK(make_uuid7(Timestamp{5}, 1, 2) == make_uuid7(Timestamp{5}, 1, 2));
  CHECK(make_uuid7(Timestamp{5}, 1, 2) != make_uuid7(Timestamp{5}, 2, 2));
}

}  // namespace dandori
