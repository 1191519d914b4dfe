#pragma once

#include "api/services.h"
#include "base/json.h"

namespace dandori::api {

/// `[{name, title, value}]` of every business date, by name. Errors: store.*.
Result<Json> business_date_values(Services& services);

}  // namespace dandori::api
