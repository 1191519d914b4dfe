#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/time.h"
#include "model/workflow.h"

namespace dandori::spec {

/// A duration in its canonical spelling.
Json span(Duration value);
/// Sets the member unless the text is empty: absent members are left out of a canonical form.
void set_text(Json& out, std::string_view key, const std::string& text);
/// A trigger in its canonical spelling.
Json trigger_json(const model::Trigger& trigger);

}  // namespace dandori::spec
