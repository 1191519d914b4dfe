#include "cli/calendar_commands.h"

#include "cli/grammar.h"

namespace dandori::cli {

namespace {

using Run = int (*)(Console&, const CalendarOptions&);

/// Adds verbs to `dandori calendar`.
class CalendarVerbs {
 public:
  CalendarVerbs(Grammar& grammar, CalendarOptions& options)
      : grammar_{grammar},
        options_{options},
        noun_{grammar.add_noun("calendar", "help.calendar")} {}

  void add_all() {
    CLI::App* list = verb("list", "help.calendar_list", list_calendars);
    grammar_.option(list, "-n,--limit", options_.limit, "help.limit")
        ->check(CLI::Range(1, 100'000));
    CLI::App* get = verb("get", "help.calendar_get", get_calendar);
    grammar_.option(get, "NAME", options_.target, "help.arg.calendar")->required();
    add_days();
    add_import();
    add_export();
    add_diff();
  }

 private:
  CLI::App* verb(const char* name, Key help, Run run) {
    return grammar_.add(*noun_, name, help,
                        [run, &options = options_](Console& c) { return run(c, options); });
  }
  CLI::App* verb_of_target(const char* name, Key help, Run run) {
    CLI::App* sub = verb(name, help, run);
    grammar_.option(sub, "FILE|NAME", options_.target, "help.arg.calendar_target")->required();
    grammar_.option(sub, "--name", options_.name, "help.calendar_name_of");
    return sub;
  }
  void with_span(CLI::App* sub) {
    grammar_.option(sub, "--from", options_.from, "help.calendar_from");
    grammar_.option(sub, "--until", options_.until, "help.calendar_until");
  }

  void add_days() {
    CLI::App* days = verb_of_target("days", "help.calendar_days", list_calendar_days);
    CLI::Option* year = grammar_.option(days, "--year", options_.year, "help.calendar_year")
                            ->check(CLI::Range(1970, 2100));
    with_span(days);
    for (const char* span : {"--from", "--until"}) year->excludes(days->get_option(span));
    grammar_.flag(days, "--why", options_.why, "help.calendar_why");
  }
  void add_import() {
    CLI::App* import = verb("import", "help.calendar_import", import_calendar);
    grammar_.option(import, "FILE", options_.target, "help.arg.calendar_import")->required();
    grammar_.option(import, "--format", options_.format, "help.calendar_import_format")
        ->check(CLI::IsMember({"csv", "ics"}));
    grammar_.option(import, "--name", options_.name, "help.calendar_name");
    grammar_.flag(import, "--open", options_.open, "help.calendar_import_open");
    with_span(import);
    grammar_.option(import, "--out", options_.out, "help.calendar_out");
  }
  void add_export() {
    CLI::App* out = verb_of_target("export", "help.calendar_export", export_calendar);
    grammar_.option(out, "--format", options_.format, "help.calendar_export_format")
        ->check(CLI::IsMember({"ics", "csv", "yaml"}));
    grammar_.flag(out, "--open", options_.open, "help.calendar_export_open");
    with_span(out);
    grammar_.option(out, "--out", options_.out, "help.calendar_out");
  }
  void add_diff() {
    CLI::App* diff = verb("diff", "help.calendar_diff", diff_calendars);
    grammar_.option(diff, "FILE", options_.files, "help.arg.files")->required();
    grammar_.option(diff, "--days", options_.days, "help.calendar_diff_days")
        ->check(CLI::Range(1, 800));
    grammar_.option(diff, "--from", options_.from, "help.calendar_diff_from");
    grammar_.option(diff, "--against", options_.against, "help.calendar_against");
  }

  Grammar& grammar_;
  CalendarOptions& options_;
  CLI::App* noun_;
};

}  // namespace

void add_calendar_commands(Grammar& grammar, CalendarOptions& options) {
  CalendarVerbs{grammar, options}.add_all();
}

}  // namespace dandori::cli
