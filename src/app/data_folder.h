#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace dandori::app {

/// Makes DATA and its parents (0700) where they are missing. Errors: server.data_folder.
Result<void> make_data_folder(const std::string& data);

/// The token of `admin`: read from DATA/admin.token, made at the first start (0600).
/// Errors: server.token (unreadable, or readable by others: the remedy is in the hint).
Result<std::string> load_admin_token(const std::string& data);

/// DATA/server.json: where clients of this machine find the server. Replaced as a whole.
Result<void> write_server_file(const std::string& data, const std::string& url, std::int64_t pid);
void remove_server_file(const std::string& data);

/// Writes a file of these rights under a new name, then renames it into place.
/// Errors: server.data_folder.
Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode);

/// The machine's zone by name: $TZ, else where /etc/localtime points, else UTC.
std::string machine_timezone();

}  // namespace dandori::app
