#pragma once

#include "base/json.h"
#include "base/time.h"

namespace dandori {

/// RFC 3339 with `Z`; null for the instant that is not set.
inline Json instant_json(Timestamp at) {
  return at.us == 0 ? Json{} : Json{format_rfc3339(at)};
}

}  // namespace dandori
