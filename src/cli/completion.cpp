#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

#include "base/text.h"
#include "calendar/zone_names.h"
#include "cli/client_commands.h"
#include "cli/contexts.h"
#include "cli/grammar.h"
#include "cli/pages.h"
#include "cli/remote.h"
#include "model/words.h"

namespace dandori::cli {

namespace {

/// A person who presses Tab does not wait longer than this for a server.
constexpr std::chrono::milliseconds kPatience{400};
constexpr std::size_t kRunsMax = 50, kWorkflowsMax = 1000;

constexpr std::string_view kBash =
    R"sh(# bash completion of dandori: source <(dandori completion bash)
_dandori() {
  local word rest argument
  local arguments=()
  COMPREPLY=()
  for argument in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    [[ $argument == "=" ]] || arguments+=("$argument")
  done
  [[ ${COMP_WORDS[COMP_CWORD]} == "=" ]] && arguments+=("")
  while IFS=$'\t' read -r word rest; do
    if [[ $word == ":files" ]]; then
      compopt -o default
    elif [[ -n $word ]]; then
      COMPREPLY+=("$word")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${arguments[@]}" 2>/dev/null)
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -F _dandori dandori
)sh";

constexpr std::string_view kZsh = R"sh(#compdef dandori
# zsh completion of dandori: source <(dandori completion zsh), or as _dandori in a folder of $fpath
_dandori() {
  local line word
  local -a candidates shown slashes
  for line in "${(@f)$(${words[1]} __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    word=${line%%$'\t'*}
    if [[ $word == ":files" ]]; then
      _files
    elif [[ $word == */ ]]; then
      slashes+=("$word")
    elif [[ -n $word ]]; then
      candidates+=("$word")
      shown+=("${line/$'\t'/  -- }")
    fi
  done
  (( ${#slashes} )) && compadd -S '' -a slashes
  (( ${#candidates} )) && compadd -l -d shown -a candidates
}
if [[ $funcstack[1] == _dandori ]]; then _dandori "$@"; else compdef _dandori dandori; fi
)sh";

constexpr std::string_view kFish =
    R"sh(# fish completion of dandori: dandori completion fish | source
function __dandori_complete
    set -l tokens (commandline -opc)
    for line in ($tokens[1] __complete $tokens[2..-1] (commandline -ct) 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c dandori -f -a '(__dandori_complete)'
)sh";

/// What stands before the word to complete.
struct LinePlace {
  const CLI::App* command = nullptr;
  const CLI::Option* option = nullptr;  ///< its value comes next
  std::vector<std::string> arguments;
};

const CLI::Option* find_option(const CLI::App* command, const std::string& name) {
  for (const CLI::App* at = command; at != nullptr; at = at->get_parent()) {
    if (const CLI::Option* option = at->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

void take_value(Globals& globals, const CLI::Option* option, const std::string& value) {
  const std::string name = option->get_lnames().empty() ? "" : option->get_lnames().front();
  if (name == "server") globals.server = value;
  if (name == "data") globals.data = value;
  if (name == "context") globals.context = value;
  if (name == "token-file") globals.token_file = value;
}

LinePlace read_line(CLI::App& app, Globals& globals, const std::vector<std::string>& words) {
  LinePlace place{.command = &app, .option = nullptr, .arguments = {}};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (place.option != nullptr) {
      take_value(globals, place.option, word);
      place.option = nullptr;
    } else if (word.starts_with('-') && word.size() > 1) {
      const std::size_t equal = word.find('=');
      const CLI::Option* option = find_option(place.command, word.substr(0, equal));
      if (option == nullptr || option->get_expected_max() == 0) continue;
      if (equal == std::string::npos) place.option = option;
      if (equal != std::string::npos) take_value(globals, option, word.substr(equal + 1));
    } else if (const CLI::App* sub = find_command(*place.command, word);
               sub != nullptr && place.arguments.empty()) {
      place.command = sub;
    } else {
      place.arguments.push_back(word);
    }
  }
  return place;
}

class Candidates {
 public:
  explicit Candidates(std::string prefix) : prefix_{std::move(prefix)} {}
  const std::string& prefix() const { return prefix_; }

  void add(std::string_view word, std::string_view about = {}) {
    if (!word.starts_with(prefix_) || word.empty()) return;
    std::string line = printable(word);
    if (!about.empty()) line += fmt::format("\t{}", printable(about));
    fmt::print("{}\n", line);
  }
  void files() { fmt::print(":files\n"); }

 private:
  const std::string prefix_;
};

/// Asks the server when the first candidate of it is wanted.
class Known {
 public:
  Known(Console& console, Candidates& out) : console_{console}, out_{out} {}

  void workflows() {
    each("/api/v1/workflows", kWorkflowsMax, [this](const Json& item) {
      if (!item.bool_or("deleted", false))
        out_.add(item.text_or("name", ""), item.text_or("title", ""));
    });
  }
  void runs() {
    const std::size_t slash = out_.prefix().find('/');
    if (slash != std::string::npos) return jobs(out_.prefix().substr(0, slash), true);
    each("/api/v1/runs", kRunsMax, [this](const Json& item) {
      out_.add(item.text_or("name", ""),
               fmt::format("{} {}", state_word(console_.lang, item.text_or("state", "")),
                           item.text_or("business_date", "")));
    });
  }
  void jobs(const std::string& run, bool with_run) {
    if (Remote* remote = open()) {
      const auto answer = remote->get(run_path(run));
      if (!answer) return;
      for (const Json& job :
           (*answer)["jobs"].is_array() ? (*answer)["jobs"].items() : Json::Array{}) {
        const std::string name{job.text_or("job", "")};
        out_.add(with_run ? run + "/" + name : name,
                 fmt::format("{} {}", state_word(console_.lang, job.text_or("state", "")),
                             job.text_or("title", "")));
      }
    }
  }
  void contexts() {
    const auto kept = load_contexts(console_, contexts_path());
    if (!kept) return;
    for (const Context& context : kept->items) out_.add(context.name, context.server);
  }
  void names_of(const char* path) {
    each(path, kWorkflowsMax, [this](const Json& item) { out_.add(item.text_or("name", "")); });
  }

 private:
  Remote* open() {
    if (!remote_) {
      auto opened = Remote::open(console_);
      if (!opened) return nullptr;
      opened->set_patience(kPatience);
      remote_ = std::move(*opened);
    }
    return &*remote_;
  }
  template <class F>
  void each(const char* path, std::size_t limit, F take) {
    Remote* remote = open();
    if (remote == nullptr) return;
    const auto answer =
        std::string_view{path}.ends_with("runs") || std::string_view{path}.ends_with("workflows")
            ? remote->list(path, limit)
            : remote->get(path);
    if (!answer || !(*answer)["items"].is_array()) return;
    for (const Json& item : (*answer)["items"].items()) take(item);
  }

  Console& console_;
  Candidates& out_;
  std::optional<Remote> remote_;
};

void complete_options(const CLI::App* command, Candidates& out) {
  for (const CLI::App* at = command; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : options_of(at)) {
      if (at != command && option->get_name() == "--help") continue;
      if (!option->get_lnames().empty()) {
        out.add("--" + option->get_lnames().front(), option->get_description());
      }
    }
  }
}

/// True: the option or argument takes one of these words.
bool complete_words(const CLI::Option* option, Candidates& out) {
  const std::string words = value_name(option);
  if (!words.contains('|') || option->get_positional()) {
    const std::string type = option->get_type_name();
    const std::size_t open = type.find('{');
    if (open == std::string::npos) return false;
    for (const std::string_view word :
         split(type.substr(open + 1, type.find('}') - open - 1), ',')) {
      out.add(word);
    }
    return true;
  }
  for (const std::string_view word : split(words, '|')) out.add(word);
  return true;
}

void complete_value(const LinePlace& place, Candidates& out, Known& known) {
  if (complete_words(place.option, out)) return;
  const std::string name =
      place.option->get_lnames().empty() ? "" : place.option->get_lnames().front();
  const std::string run = place.arguments.empty() ? ""
                                                  : place.arguments.front().substr(
                                                        0, place.arguments.front().find('/'));
  if (name == "workflow") return known.workflows();
  if (name == "state") {
    for (const std::string_view word : model::words_of<model::RunState>()) out.add(word);
  }
  if (name == "tz" || name == "timezone") {
    for (const std::string& zone : calendar::zone_names()) out.add(zone);
  }
  if (name == "context") known.contexts();
  const bool takes_job = name == "from" || name == "only" || name == "hold" || name == "job";
  if (name == "from" && place.command->get_name() == "rerun") {
    for (const char* word : {"failed", "after-failed", "start"}) out.add(word);
  }
  if (takes_job && !run.empty()) known.jobs(run, false);
  const bool is_path = name == "data" || name == "dir" || name == "work" ||
                       name.ends_with("file") || name == "config";
  if (is_path) out.files();
}

void complete_names(const CLI::App* command, Known& known) {
  const std::string noun =
      command->get_parent() == nullptr ? "" : command->get_parent()->get_name();
  if (noun == "variable") known.names_of("/api/v1/variables");
  if (noun == "agent") known.names_of("/api/v1/agents");
  if (noun == "business-date") known.names_of("/api/v1/business-dates");
  if (noun == "context") known.contexts();
}

void complete_argument(const LinePlace& place, const CLI::Option* argument, Candidates& out,
                       Known& known) {
  if (complete_words(argument, out)) return;
  const std::string name = argument->get_name(true, false);
  if (name == "RUN" || name.starts_with("RUN/")) return known.runs();
  if (name == "JOB") {
    if (place.arguments.empty()) return;
    // `why workflow WORKFLOW --on DATE`.
    const bool is_workflow =
        place.command->get_name() == "why" && place.arguments.front() == "workflow";
    return is_workflow ? known.workflows() : known.jobs(place.arguments.front(), false);
  }
  if (name == "CODE") {
    for (const Page& page : pages()) out.add(page.code);
  } else if (name == "KIND") {
    for (const char* kind : {"Workflow", "Calendar", "BusinessDate", "Folder", "Variable"})
      out.add(kind);
  } else if (name == "NAME") {
    complete_names(place.command, known);
  }
  if (name.contains("WORKFLOW") || name.contains("TARGET")) known.workflows();
  if (name.contains("FILE") || name.contains("DIR")) out.files();
}

}  // namespace

int print_completion(Console& console, const std::string& shell) {
  console.out(shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
  return kOk;
}

int complete(Grammar& grammar, Globals& globals, const std::vector<std::string>& words) {
  const LinePlace place = read_line(grammar.app(), globals, words);
  Console console{globals};
  Candidates out{words.empty() ? std::string{} : words.back()};
  Known known{console, out};
  if (place.option != nullptr) {
    complete_value(place, out, known);
    return kOk;
  }
  if (out.prefix().starts_with('-')) {
    complete_options(place.command, out);
    return kOk;
  }
  if (place.command->get_name() == "man") {
    for (const CLI::App* sub : commands_of(&grammar.app()))
      out.add(sub->get_name(), sub->get_description());
    return kOk;
  }
  if (place.arguments.empty()) {
    for (const CLI::App* sub : commands_of(place.command)) {
      out.add(sub->get_name(), sub->get_description());
    }
  }
  const auto arguments = arguments_of(place.command);
  if (arguments.empty()) return kOk;
  const std::size_t at = std::min(place.arguments.size(), arguments.size() - 1);
  const bool has_room =
      place.arguments.size() < arguments.size() || arguments[at]->get_expected_max() > 1;
  if (has_room) complete_argument(place, arguments[at], out, known);
  return kOk;
}

}  // namespace dandori::cli
