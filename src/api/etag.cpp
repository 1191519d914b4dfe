#include "api/etag.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace dandori::api {

std::string etag_of(const model::RevisionRow& revision) {
  return fmt::format("\"{}-{}\"", revision.revision, revision.digest.substr(0, 16));
}

std::string etag_of(const model::RevisionRow& revision, std::string_view program,
                    std::string_view form) {
  return fmt::format("\"{}-{}-{}-{}\"", revision.revision, revision.digest.substr(0, 16), program,
                     form);
}

Result<std::optional<std::uint32_t>> base_revision(const http::Request& request) {
  std::string_view text = trim(request.headers.value("If-Match"));
  if (text.empty() || text == "*") return std::nullopt;
  const auto bad = [&] {
    return fail("request.bad_parameter",
                fmt::format("If-Match: '{}' is no ETag of a workflow", excerpt(text)),
                "send the ETag that GET /api/v1/workflows/NAME gave", "If-Match");
  };
  if (text.size() < 3 || !text.starts_with('"') || !text.ends_with('"')) return bad();
  const std::string_view inner = text.substr(1, text.size() - 2);
  std::uint32_t revision = 0;
  const auto [end, error] = std::from_chars(inner.data(), inner.data() + inner.size(), revision);
  if (error != std::errc{} || end == inner.data() + inner.size() || *end != '-') return bad();
  return revision;
}

bool is_known(const http::Request& request, std::string_view etag) {
  const std::string_view header = request.headers.value("If-None-Match");
  return std::ranges::any_of(split(header, ','), [&](std::string_view one) {
    one = trim(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    return one == etag || one == "*";
  });
}

}  // namespace dandori::api
