#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/console.h"
#include "cli/settings.h"

namespace dandori::cli {

class Grammar;

/// What the commands of client_commands.cpp read from the line.
struct ClientOptions {
  std::string version;  ///< of this program
  std::string target, folder, name, server, shell, file, from, to, actor, action;
  std::vector<std::string> words;
  std::uint64_t limit = 20, revision = 0;
  bool is_effective = false, with_origin = false, force = false;
};

/// Commands about the client itself: top, init, login, context, config, completion, man; and verbs
/// of nouns that only read: agent get, variable get, audit get and export.
void add_client_commands(Grammar& grammar, ClientOptions& options, const Settings& settings);

// commands_top.cpp
int run_top(Console& console);
// commands_init.cpp
int init_sample(Console& console, const std::string& folder);
// commands_config.cpp
int show_config(Console& console, std::vector<Setting> all, const std::vector<Error>& problems,
                const ClientOptions& options);
int login(Console& console, const std::string& server, const std::string& name);
int list_contexts(Console& console);
int use_context(Console& console, const std::string& name);
int remove_context(Console& console, const std::string& name);
// completion.cpp
int print_completion(Console& console, const std::string& shell);
/// `dandori __complete WORD…`, asked by the shells' scripts: candidates for the last word, one
/// `WORD<tab>what it is` a line; `:files` stands for file names. Never says that something is
/// wrong.
int complete(Grammar& grammar, Globals& globals, const std::vector<std::string>& words);
// man.cpp
int print_manual(Console& console, Grammar& grammar, const ClientOptions& options);
// commands_audit.cpp
int get_audit(Console& console, const std::string& seq);
int export_audit(Console& console, const ClientOptions& options);
int verify_audit_file(Console& console, const std::string& file);
// commands_nouns.cpp
int get_agent(Console& console, const std::string& name);
int get_variable(Console& console, const std::string& name, const std::string& folder);

}  // namespace dandori::cli
