#include "cli/top_screen.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "cli/console.h"

namespace dandori::cli {

namespace {

bool contains_no_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return to_lower(a) == to_lower(b); };
  return std::ranges::search(text, part, same).begin() != text.end() || part.empty();
}

bool is_letter(const KeyPress& key, std::string_view letter) {
  return key.kind == KeyKind::character && key.text == letter;
}

}  // namespace

bool TopScreen::matches(std::initializer_list<std::string_view> texts) const {
  return std::ranges::any_of(
      texts, [this](std::string_view text) { return contains_no_case(text, filter_); });
}

std::vector<const TopRun*> TopScreen::runs(const TopSnapshot& snapshot) const {
  std::vector<const TopRun*> found;
  for (const auto* part : {&snapshot.active, &snapshot.failures}) {
    for (const TopRun& run : *part) {
      if (matches({run.name, run.title, run.note})) found.push_back(&run);
    }
  }
  return found;
}

std::vector<const TopJob*> TopScreen::jobs(const TopSnapshot& snapshot) const {
  std::vector<const TopJob*> found;
  if (snapshot.focus.run != run_) return found;
  for (const TopJob& job : snapshot.jobs) {
    if (matches({job.job, job.title})) found.push_back(&job);
  }
  return found;
}

const TopRun* TopScreen::chosen_run(const TopSnapshot& snapshot) const {
  if (view_ == View::list) {
    const auto rows = runs(snapshot);
    return rows.empty() ? nullptr : rows[std::min(chosen_, rows.size() - 1)];
  }
  for (const auto* part : {&snapshot.active, &snapshot.failures}) {
    const auto found = std::ranges::find(*part, run_, &TopRun::name);
    if (found != part->end()) return &*found;
  }
  return nullptr;
}

const TopJob* TopScreen::chosen_job(const TopSnapshot& snapshot) const {
  if (view_ == View::list) return nullptr;
  if (view_ == View::log) {
    const auto found = std::ranges::find(snapshot.jobs, job_, &TopJob::job);
    return found == snapshot.jobs.end() ? nullptr : &*found;
  }
  const auto rows = jobs(snapshot);
  return rows.empty() ? nullptr : rows[std::min(chosen_, rows.size() - 1)];
}

TopFocus TopScreen::focus(const TopSnapshot& snapshot) const {
  if (view_ == View::list) return {};
  if (view_ == View::log) return {run_, job_, true};
  const TopJob* job = chosen_job(snapshot);
  return {run_, job == nullptr ? "" : job->job, false};
}

std::optional<TopOrder> TopScreen::press(const KeyPress& key, const TopSnapshot& snapshot) {
  message_.clear();
  if (key.kind == KeyKind::interrupt) return TopOrder{.kind = TopOrder::Kind::quit};
  if (key.kind == KeyKind::suspend) return TopOrder{.kind = TopOrder::Kind::suspend};
  switch (mode_) {
    case Mode::help:
      mode_ = Mode::normal;
      return std::nullopt;
    case Mode::filter:
      press_filter(key);
      return std::nullopt;
    case Mode::question:
      return press_question(key);
    case Mode::normal:
      return press_normal(key, snapshot);
  }
  return std::nullopt;
}

void TopScreen::press_filter(const KeyPress& key) {
  chosen_ = top_ = 0;
  if (key.kind == KeyKind::enter) {
    mode_ = Mode::normal;
  } else if (key.kind == KeyKind::escape) {
    filter_.clear();
    mode_ = Mode::normal;
  } else if (key.kind == KeyKind::backspace) {
    while (!filter_.empty() && (static_cast<unsigned char>(filter_.back()) & 0xC0U) == 0x80U) {
      filter_.pop_back();
    }
    if (!filter_.empty()) filter_.pop_back();
  } else if (key.kind == KeyKind::character) {
    filter_ += key.text;
  }
}

std::optional<TopOrder> TopScreen::press_question(const KeyPress& key) {
  mode_ = Mode::normal;
  if (is_letter(key, "y") || is_letter(key, "Y")) return order_;
  message_ = word("message.nothing_done");
  return std::nullopt;
}

std::optional<TopOrder> TopScreen::press_normal(const KeyPress& key, const TopSnapshot& snapshot) {
  const std::size_t count = view_ == View::list  ? runs(snapshot).size()
                            : view_ == View::run ? jobs(snapshot).size()
                                                 : snapshot.text.size();
  if (key.kind == KeyKind::enter || key.kind == KeyKind::right) {
    open(snapshot);
  } else if (key.kind == KeyKind::escape || key.kind == KeyKind::left) {
    close();
  } else if (is_letter(key, "q")) {
    return TopOrder{.kind = TopOrder::Kind::quit};
  } else if (is_letter(key, "?")) {
    mode_ = Mode::help;
  } else if (is_letter(key, "/")) {
    mode_ = Mode::filter;
  } else if (is_letter(key, "r") || is_letter(key, "R")) {
    ask(snapshot, TopOrder::Kind::rerun);
  } else if (is_letter(key, "h") || is_letter(key, "H")) {
    ask(snapshot, TopOrder::Kind::hold);
  } else {
    move(key, count);
  }
  return std::nullopt;
}

void TopScreen::move(const KeyPress& key, std::size_t count) {
  const std::size_t page = size_.rows > 8 ? size_.rows - 8 : 1;
  if (view_ == View::log) {
    const bool one_up = key.kind == KeyKind::up || is_letter(key, "k");
    const bool one_down = key.kind == KeyKind::down || is_letter(key, "j");
    if (one_up || key.kind == KeyKind::page_up) log_up_ += one_up ? 1 : page;
    if (one_down || key.kind == KeyKind::page_down)
      log_up_ -= std::min(log_up_, one_down ? std::size_t{1} : page);
    if (key.kind == KeyKind::home) log_up_ = count;
    if (key.kind == KeyKind::end) log_up_ = 0;
    return;
  }
  const std::size_t last = count == 0 ? 0 : count - 1;
  chosen_ = std::min(chosen_, last);
  if (key.kind == KeyKind::down || is_letter(key, "j")) chosen_ = std::min(last, chosen_ + 1);
  if (key.kind == KeyKind::page_down) chosen_ = std::min(last, chosen_ + page);
  if (key.kind == KeyKind::up || is_letter(key, "k")) chosen_ -= chosen_ > 0 ? 1 : 0;
  if (key.kind == KeyKind::page_up) chosen_ -= std::min(chosen_, page);
  if (key.kind == KeyKind::home) chosen_ = 0;
  if (key.kind == KeyKind::end) chosen_ = last;
}

void TopScreen::open(const TopSnapshot& snapshot) {
  if (view_ == View::list) {
    const TopRun* run = chosen_run(snapshot);
    if (run == nullptr) return;
    run_ = run->name;
    view_ = View::run;
    back_ = chosen_;
    chosen_ = top_ = 0;
    filter_.clear();
  } else if (view_ == View::run) {
    const TopJob* job = chosen_job(snapshot);
    if (job == nullptr) return;
    job_ = job->job;
    view_ = View::log;
    log_up_ = 0;
  }
}

void TopScreen::close() {
  if (view_ == View::log) {
    view_ = View::run;
  } else if (view_ == View::run) {
    view_ = View::list;
    chosen_ = back_;
    filter_.clear();
  } else {
    filter_.clear();
  }
  if (view_ == View::list) top_ = 0;
}

void TopScreen::ask(const TopSnapshot& snapshot, TopOrder::Kind kind) {
  const TopRun* run = chosen_run(snapshot);
  const std::string name = run != nullptr ? run->name : run_;
  if (name.empty()) return;
  const TopJob* job = kind == TopOrder::Kind::hold ? chosen_job(snapshot) : nullptr;
  order_ = {.kind = kind,
            .run = name,
            .job = job == nullptr ? "" : job->job,
            .state = job != nullptr   ? job->state
                     : run != nullptr ? run->state
                                      : ""};
  mode_ = Mode::question;
}

}  // namespace dandori::cli
