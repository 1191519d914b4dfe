#include "cli/contexts.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/settings.h"

namespace dandori::cli {

namespace {

Result<void> cannot_write(const Console& console, const std::string& path) {
  const int error = errno;
  return fail(
      "config.unwritable",
      console.text("problem.write", {{"path", printable(path)}, {"why", std::strerror(error)}}),
      console.text("hint.contexts_folder"));
}

}  // namespace

const Context* Contexts::find(std::string_view name) const {
  const auto found = std::ranges::find(items, name, &Context::name);
  return found == items.end() ? nullptr : &*found;
}

void Contexts::put(Context context) {
  const auto found = std::ranges::find(items, context.name, &Context::name);
  if (found == items.end()) {
    items.push_back(std::move(context));
  } else {
    *found = std::move(context);
  }
}

bool Contexts::remove(std::string_view name) {
  if (current == name) current.clear();
  return std::erase_if(items, [&](const Context& context) { return context.name == name; }) > 0;
}

std::string contexts_path() {
  const std::string folder = user_config_folder(process_variable);
  return folder.empty() ? std::string{} : folder + "/contexts.json";
}

Result<Contexts> load_contexts(const Console& console, const std::string& path) {
  struct stat info{};
  if (path.empty() || ::stat(path.c_str(), &info) != 0) return Contexts{};
  if ((info.st_mode & 077U) != 0) {
    return fail("config.unreadable",
                console.text("problem.contexts_open", {{"path", printable(path)}}),
                fmt::format("chmod 600 {}", path));
  }
  std::ifstream file{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto parsed = parse_json(text);
  if (!file || !parsed || !parsed->is_object()) {
    return fail("config.unreadable", console.text("problem.read_file", {{"path", printable(path)}}),
                console.text("hint.contexts_unreadable"));
  }
  Contexts contexts;
  contexts.current = parsed->text_or("current", "");
  const Json& items = (*parsed)["contexts"];
  for (const Json& item : items.is_array() ? items.items() : Json::Array{}) {
    contexts.items.push_back({std::string{item.text_or("name", "")},
                              std::string{item.text_or("server", "")},
                              std::string{item.text_or("token", "")}});
  }
  return contexts;
}

Result<void> save_contexts(const Console& console, const std::string& path,
                           const Contexts& contexts) {
  if (path.empty()) {
    return fail("config.unwritable", console.text("problem.no_home"), console.text("hint.no_home"));
  }
  Json::Array items;
  for (const Context& context : contexts.items) {
    items.push_back(Json::object(
        {{"name", context.name}, {"server", context.server}, {"token", context.token}}));
  }
  const std::string text =
      write_json_pretty(Json::object(
          {{"current", contexts.current}, {"contexts", Json::array(std::move(items))}})) +
      "\n";
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), error);
  const std::string draft = path + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_write(console, draft);
  const bool written = ::fchmod(fd, 0600) == 0 &&
                       ::write(fd, text.data(), text.size()) == std::ssize(text) &&
                       ::fsync(fd) == 0;
  if (!written) {
    const Result<void> failed = cannot_write(console, draft);
    ::close(fd);
    return failed;
  }
  ::close(fd);
  if (::rename(draft.c_str(), path.c_str()) != 0) return cannot_write(console, path);
  return {};
}

}  // namespace dandori::cli
