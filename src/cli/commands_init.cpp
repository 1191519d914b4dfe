#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/client_commands.h"
#include "cli/remote.h"
#include "cli/sample.h"

namespace dandori::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVariableFile = "sample_dir.yaml";

/// The sample finds its scripts through the variable `sample_dir`: here with the folder in it.
std::string content_of(const SampleFile& file, const std::string& folder) {
  std::string text{file.text};
  if (file.name != kVariableFile) return text;
  const std::string line = "\nvalue: ";
  const std::size_t begin = text.find(line);
  if (begin == std::string::npos) return text;
  const std::size_t end = text.find('\n', begin + 1);
  std::string quoted;
  for (const char c : folder) quoted += c == '\'' ? "''" : std::string(1, c);
  return text.replace(begin, end - begin, fmt::format("{}'{}'", line, quoted));
}

Result<void> write_file(const Console& console, const std::string& path, const std::string& text,
                        bool is_program) {
  std::error_code error;
  fs::create_directories(fs::path{path}.parent_path(), error);
  // Never over a file that is there: it may have been altered since.
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, is_program ? 0755 : 0644);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == std::ssize(text);
  const int failed = errno;
  if (fd >= 0) ::close(fd);
  if (written) return {};
  return fail(
      "cli.write_file",
      console.text("problem.write", {{"path", printable(path)}, {"why", std::strerror(failed)}}),
      console.text("hint.init_folder"));
}

}  // namespace

int init_sample(Console& console, const std::string& folder) {
  std::error_code error;
  const fs::path whole = fs::absolute(folder.empty() ? "daily_close" : folder, error);
  const std::string target = whole.lexically_normal().string();
  if (fs::exists(target, error) &&
      !(fs::is_directory(target, error) && fs::is_empty(target, error))) {
    return report(console,
                  Error{"cli.exists", console.text("problem.exists", {{"path", printable(target)}}),
                        console.text("hint.exists")});
  }
  for (const SampleFile& file : sample_files()) {
    const auto written = write_file(console, fmt::format("{}/{}", target, file.name),
                                    content_of(file, target), file.is_program);
    if (!written) return report(console, written.error());
  }
  const Json answer = Json::object({{"path", target}, {"files", sample_files().size()}});
  if (print_raw(console, answer, "path")) return kOk;
  const std::string& program = console.globals.program;
  const std::string shown = folder.empty() ? "daily_close" : folder;
  console.line(console.text("init.done", {{"path", printable(target)}}));
  console.say(console.text("init.next"));
  for (const std::string& line :
       {fmt::format("{} apply {}/{} {}/daily_close.yaml", program, shown, kVariableFile, shown),
        fmt::format("{} run daily_close --wait", program),
        fmt::format("{} why daily_close#1", program)}) {
    console.say(fmt::format("  {}", printable(line)));
  }
  return kOk;
}

}  // namespace dandori::cli
