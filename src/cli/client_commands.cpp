#include "cli/client_commands.h"

#include "cli/commands.h"
#include "cli/configure.h"
#include "cli/grammar.h"

namespace dandori::cli {

namespace {

void add_own(Grammar& grammar, ClientOptions& options, const Settings& settings) {
  grammar.add("top", "help.top", run_top);
  CLI::App* init = grammar.add_noun("init", "help.init");
  CLI::App* sample = grammar.add(*init, "sample", "help.init_sample",
                                 [&options](Console& c) { return init_sample(c, options.folder); });
  grammar.option(sample, "DIR", options.folder, "help.arg.folder");

  CLI::App* sign_in = grammar.add("login", "help.login", [&options](Console& c) {
    return login(c, options.server, options.name);
  });
  grammar.option(sign_in, "URL", options.server, "help.arg.url")->required();
  grammar.option(sign_in, "--name", options.name, "help.context_name");
  CLI::App* context = grammar.add_noun("context", "help.context_noun");
  grammar.add(*context, "list", "help.context_list", list_contexts);
  CLI::App* use = grammar.add(*context, "use", "help.context_use",
                              [&options](Console& c) { return use_context(c, options.target); });
  grammar.option(use, "NAME", options.target, "help.arg.context")->required();
  CLI::App* remove = grammar.add(*context, "delete", "help.context_delete", [&options](Console& c) {
    return remove_context(c, options.target);
  });
  grammar.option(remove, "NAME", options.target, "help.arg.context")->required();

  CLI::App* config =
      grammar.add("config", "help.config_verb", [&grammar, &options, &settings](Console& c) {
        return show_config(c, effective(grammar.app(), settings), settings.problems(), options);
      });
  grammar.flag(config, "--effective", options.is_effective, "help.effective");
  grammar.flag(config, "--origin", options.with_origin, "help.origin");

  CLI::App* completion = grammar.add("completion", "help.completion", [&options](Console& c) {
    return print_completion(c, options.shell);
  });
  grammar.option(completion, "SHELL", options.shell, "help.arg.shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));

  CLI::App* manual = grammar.add("man", "help.man", [&grammar, &options](Console& c) {
    return print_manual(c, grammar, options);
  });
  grammar.option(manual, "COMMAND", options.words, "help.arg.command");
  grammar.option(manual, "--dir", options.folder, "help.man_dir");
  // Of the common options it needs one.
  manual->fallthrough(false);
  grammar.option(manual, "--lang", options.name, "help.lang")->check(CLI::IsMember({"ja", "en"}));
}

void add_nouns(Grammar& grammar, ClientOptions& options) {
  CLI::App* agent = find_command(grammar.app(), "agent");
  CLI::App* get = grammar.add(*agent, "get", "help.agent_get",
                              [&options](Console& c) { return get_agent(c, options.target); });
  grammar.option(get, "NAME", options.target, "help.arg.agent")->required();

  CLI::App* variable = grammar.add_noun("variable", "help.variable");
  CLI::App* value = grammar.add(*variable, "get", "help.variable_get", [&options](Console& c) {
    return get_variable(c, options.target, options.folder);
  });
  grammar.option(value, "NAME", options.target, "help.arg.name")->required();
  grammar.option(value, "--folder", options.folder, "help.folder");

  CLI::App* audit = grammar.add_noun("audit", "help.audit");
  CLI::App* line = grammar.add(*audit, "get", "help.audit_get",
                               [&options](Console& c) { return get_audit(c, options.target); });
  grammar.option(line, "SEQ", options.target, "help.arg.seq")->required();
  CLI::App* out = grammar.add(*audit, "export", "help.audit_export",
                              [&options](Console& c) { return export_audit(c, options); });
  grammar.option(out, "FILE", options.file, "help.arg.export");
}

}  // namespace

void add_client_commands(Grammar& grammar, ClientOptions& options, const Settings& settings) {
  add_own(grammar, options, settings);
  add_nouns(grammar, options);
}

}  // namespace dandori::cli
