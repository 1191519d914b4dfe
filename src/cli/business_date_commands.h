#pragma once

#include <string>

#include "cli/console.h"

namespace dandori::cli {

class Grammar;

/// What the commands of `dandori business-date` read from the line.
struct BusinessDateOptions {
  std::string name, to, plan;
  bool next = false, back = false, dry_run = false;
};

/// `dandori business-date …`.
void add_business_date_commands(Grammar& grammar, BusinessDateOptions& options);

int list_business_dates(Console& console);
int get_business_date(Console& console, const BusinessDateOptions& options);
int move_business_date(Console& console, const BusinessDateOptions& options);

}  // namespace dandori::cli
