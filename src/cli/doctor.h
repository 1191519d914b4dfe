#pragma once

#include <string>
#include <string_view>

#include "cli/cli.h"
#include "cli/console.h"
#include "cli/settings.h"

namespace dandori::cli {

/// What `dandori doctor` found: one line each, and the remedy below what is not well.
class Findings {
 public:
  explicit Findings(const Console& console) : console_{console} {}

  void good(Key what, const std::string& detail) { add(Mark::good, what, detail, {}); }
  /// Not a fault, but good to know.
  void note(Key what, const std::string& detail, const std::string& remedy) {
    add(Mark::note, what, detail, remedy);
  }
  void bad(Key what, const std::string& detail, const std::string& remedy) {
    add(Mark::bad, what, detail, remedy);
  }
  /// The exit code.
  int finish() const;

 private:
  enum class Mark { good, note, bad };
  void add(Mark mark, Key what, const std::string& detail, const std::string& remedy);

  const Console& console_;
  Json items_ = Json::array();
  std::size_t bad_ = 0;
};

/// DATA/server.json as it stands.
struct ServerFile {
  std::string url;
  std::int64_t pid = 0;
  bool is_there = false;  ///< the file can be read
  bool is_alive = false;  ///< its process is a dandori that runs
};
ServerFile read_server_file(const Console& console, const std::string& data);

// doctor_host.cpp: this machine
void check_time_zones(const Console& console, Findings& findings);
void check_cgroup(const Console& console, Findings& findings);
/// Of the server's process, or, when none runs, of the shell that would start it.
void check_descriptors(const Console& console, Findings& findings, const ServerFile& server);
/// Whether the address a server would listen on is free.
void check_port(const Console& console, Findings& findings, const std::string& listen);

// doctor_data.cpp: the data folder
void check_data(const Console& console, Findings& findings, const std::string& data);
void check_disk(const Console& console, Findings& findings, const std::string& data);
void check_programs(const Console& console, Findings& findings, const std::string& data);
void check_process(const Console& console, Findings& findings, const std::string& data,
                   const ServerFile& server);
void check_store_file(const Console& console, Findings& findings, const Hosts& hosts,
                      const std::string& data);

}  // namespace dandori::cli
