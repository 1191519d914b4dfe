#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "model/event.h"

namespace dandori::api {

/// ETag of a revision: `"37-1f0c9a2b4d6e8f01"`, number and digest.
std::string etag_of(const model::RevisionRow& revision);

/// ETag of what a program makes of a revision, such as its graph: another program or form may make
/// it otherwise. `"37-1f0c9a2b4d6e8f01-1.4.0-svg"`
std::string etag_of(const model::RevisionRow& revision, std::string_view program,
                    std::string_view form);

/// Revision that `If-Match` names; nullopt: no such header, or `*`.
/// Errors: request.bad_parameter (not an ETag of ours).
Result<std::optional<std::uint32_t>> base_revision(const http::Request& request);

/// Whether `If-None-Match` says that the caller has this one already.
bool is_known(const http::Request& request, std::string_view etag);

}  // namespace dandori::api
