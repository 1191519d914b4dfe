#!/usr/bin/env python3
"""A hundred worked cases: definitions by hand, the expected occurrences by the oracle.

    tests/calendar/cases.py --write     computes tests/data/calendar/cases.json anew

The file is checked in, so that a change of what a case means is seen in review."""
import json
import sys
from datetime import datetime
from pathlib import Path

import oracle

FILE = Path(__file__).resolve().parent.parent / "data" / "calendar" / "cases.json"
SERVER_ZONE = "Asia/Tokyo"

WEEKEND = {"closed": {"weekdays": ["sat", "sun"]}}
BANK = {"kind": "Calendar", "name": "bank", "timezone": "Asia/Tokyo",
        "rules": [{"closed": {"holidays": "japan"}}, WEEKEND, {"closed": {"dates": ["12-31", "01-02", "01-03"]}}]}
SUNDAYS = {"kind": "Calendar", "name": "sundays", "rules": [{"closed": {"weekdays": ["sun"]}}]}
STOCKTAKING = {"kind": "Calendar", "name": "stocktaking",
               "rules": [{"open": {"dates": ["03-31", "06-30", "09-30", "12-31"]}}, {"closed": {"ranges": ["01-01..12-31"]}}]}
CASES = []


def like(calendar, **more):
    return calendar | more


def case(title, trigger, begin, end, *calendars, before=()):
    """One workflow with this trigger, looked at from a day to another (excluded), in the trigger's zone. before:
    triggers of the workflows `first`, `second`, … which it may exclude."""
    documents = list(calendars)
    for name, each in [*zip(("first", "second"), before), ("nightly", trigger)]:
        documents.append({"name": name, "triggers": {"main": {"type": "schedule"} | each}, "jobs": {"a": {"run": "true"}}})
    CASES.append({"title": title, "documents": documents, "from": begin, "to": end})


def at(time, days, calendar=None, **more):
    made = {"days": days, "time": time} | more
    return made if calendar is None else made | {"calendar": calendar}


def month(text):
    year, number = map(int, text.split("-"))
    return f"{year}-{number:02}-01", f"{year + number // 12}-{number % 12 + 1:02}-01"


YEAR = ("2026-01-01", "2027-01-01")

# ---- Days of the week and of the month, without a calendar.
case("every day at 20:00", at("20:00", "every_day"), "2026-05-01", "2026-05-04")
case("Mondays and Thursdays", at("06:30", {"weekdays": ["mon", "thu"]}), *month("2026-05"))
case("the 31st: months without one have no start", at("20:00", {"day": 31}), *YEAR)
case("the last day of each month", at("20:00", {"day": "last"}), *YEAR)
case("the third last day of each month", at("20:00", {"day": "last-2"}), "2026-01-01", "2026-05-01")
case("the 1st and the 15th, in March and September only", at("20:00", {"day": [1, 15], "months": [3, 9]}), *YEAR)
case("29 February, over ten years", at("00:00", {"dates": ["02-29"]}), "2022-01-01", "2032-01-01")
case("the second Friday", at("20:00", {"weekday": {"fri": 2}}), *YEAR)
case("the fifth Friday, which few months have", at("20:00", {"weekday": {"fri": 5}}), *YEAR)
case("the last Sunday and the first Monday", at("20:00", {"weekday": {"sun": "last", "mon": 1}}), *YEAR)
case("named dates, yearly dates and a range over the new year",
     at("08:00", {"dates": ["2026-11-22", "12-24", "12-30..01-02"]}), "2026-11-01", "2027-02-01")
case("two rules of days in one trigger", at("20:00", [{"day": 10}, {"weekdays": ["fri"]}]), *month("2026-04"))

# ---- The 48-hour clock.
case("25:00 belongs to the day that it is written for", at("25:00", "every_day"), "2026-05-01", "2026-05-05")
case("47:30 of a Friday starts on Saturday night", at("47:30", {"weekdays": ["fri"]}), *month("2026-05"))
case("25:00 on open days only: the night to Saturday has one, the night to Monday none",
     at("25:00", "open_days", "bank"), "2026-05-01", "2026-05-12", BANK)
case("several times of one date, on both sides of midnight",
     {"days": {"weekdays": ["wed"]}, "times": ["22:00", "23:30", "24:00", "26:15"]}, "2026-05-01", "2026-05-16")
case("with days from 05:00, 27:00 is the last hour but two of a date", at("27:00", "open_days", "bank"),
     "2026-05-01", "2026-05-12", like(BANK, day_starts_at="05:00"))

# ---- Open and closed days.
case("open days around Golden Week", at("20:00", "open_days", "bank"), "2026-04-28", "2026-05-09", BANK)
case("a day between two holidays is one", at("20:00", "open_days", "bank"), "2026-09-17", "2026-09-26", BANK)
case("open days over the new year", at("20:00", "open_days", "bank"), "2026-12-25", "2027-01-08", BANK)
case("closed days start without being asked to run", at("09:00", "closed_days", "bank"), "2026-05-01", "2026-05-11", BANK)
case("every day on a calendar: closed ones are told", at("20:00", "every_day", "bank"), "2026-05-01", "2026-05-09", BANK)
case("the first rule that matches decides: a Saturday that is open", at("20:00", "open_days", "shop"),
     "2026-11-16", "2026-11-30",
     {"kind": "Calendar", "name": "shop", "rules": [{"open": "2026-11-21"}, WEEKEND, {"open": "2026-11-22"}]})
case("what no rule of its own decides, the extended calendar does", at("20:00", "open_days", "shop"),
     "2026-12-28", "2027-01-08", BANK,
     {"kind": "Calendar", "name": "shop", "extends": "bank",
      "rules": [{"open": {"dates": ["12-31"]}}, {"closed": {"dates": ["12-29"]}}]})
case("of two forms in a rule both must match: Saturdays in August", at("20:00", "closed_days", "shop"), *YEAR,
     {"kind": "Calendar", "name": "shop", "rules": [{"closed": {"weekdays": ["sat"], "months": [8]}}]})
case("the second Saturday is open, other Saturdays are closed", at("20:00", "open_days", "shop"), *month("2026-06"),
     {"kind": "Calendar", "name": "shop",
      "rules": [{"open": {"weekday": {"sat": 2}}}, {"closed": {"weekdays": ["sat"]}}]})
case("a rule that closes what another calendar closes", at("20:00", "open_days", "shop"), "2026-05-01", "2026-05-12",
     BANK, {"kind": "Calendar", "name": "shop",
            "rules": [{"open": {"dates": ["05-05"]}}, {"closed": {"calendar": "bank"}}]})
case("a rule that opens what another calendar opens", at("20:00", "open_days", "shop"), "2026-05-01", "2026-05-12",
     BANK, {"kind": "Calendar", "name": "shop",
            "rules": [{"open": {"calendar": "bank"}}, {"closed": {"ranges": ["05-01..05-09"]}}]})
case("outside of its validity a calendar is closed", at("20:00", "open_days", "shop"), "2026-05-01", "2026-05-15",
     {"kind": "Calendar", "name": "shop", "valid": {"from": "2026-05-04", "until": "2026-05-10"}, "rules": []})

case("a calendar's revision decides from its day on", at("20:00", "open_days", "shop"), "2026-05-01", "2026-05-20",
     {"kind": "Calendar", "name": "shop", "rules": [WEEKEND]},
     {"kind": "Calendar", "name": "shop", "effective_from": "2026-05-10", "rules": [{"closed": {"weekdays": ["mon"]}}]})

# ---- Calendars combined.
TWO = (BANK, SUNDAYS)
case("all of two calendars", at("20:00", "open_days", {"all_of": ["bank", "sundays"]}), "2026-05-01", "2026-05-12", *TWO)
case("any of two calendars", at("20:00", "open_days", {"any_of": ["bank", "sundays"]}), "2026-05-01", "2026-05-12", *TWO)
case("open in the bank's days, but not when stock is taken",
     at("20:00", {"open_day": "last"}, {"all_of": ["bank"], "none_of": ["stocktaking"]}), *YEAR, BANK, STOCKTAKING)
case("the shop's days minus the bank's", at("20:00", "open_days", {"minus": ["sundays", "bank"]}),
     "2026-05-01", "2026-06-01", *TWO)
case("a combination inside a combination", at("20:00", "open_days", {"all_of": [{"any_of": ["bank", "stocktaking"]}, "sundays"]}),
     "2026-12-25", "2027-01-08", BANK, SUNDAYS, STOCKTAKING)
case("a calendar that extends a combination", at("20:00", "open_days", "shop"), "2026-05-01", "2026-05-12", *TWO,
     {"kind": "Calendar", "name": "shop", "extends": {"all_of": ["bank", "sundays"]}, "rules": [{"open": "2026-05-06"}]})

# ---- The n-th of a month.
case("the first five open days and the last three", at("20:00", {"open_day": [1, 2, 3, 4, 5, "last", "last-1", "last-2"]}, "bank"),
     *month("2026-05"), BANK)
case("the last open day of each month", at("20:00", {"open_day": "last"}, "bank"), *YEAR, BANK)
case("the third open day, in quarters' first months", at("20:00", {"open_day": 3, "months": [1, 4, 7, 10]}, "bank"), *YEAR, BANK)
case("the first and the last closed day", at("09:00", {"closed_day": [1, "last"]}, "bank"), "2026-01-01", "2026-07-01", BANK)
case("the fifth closed day, unshifted", at("09:00", {"closed_day": 5}, "bank", on_closed_day="run"), *YEAR, BANK)
case("the 22nd open day, which few months have", at("20:00", {"open_day": 22}, "bank"), *YEAR, BANK)

# ---- Months that begin on another day.
FROM_21 = like(BANK, month_starts_on=21)
case("months from the 21st: the third open day", at("20:00", {"open_day": 3}, "bank"), "2026-03-01", "2026-08-01", FROM_21)
case("months from the 21st: the fifth day", at("20:00", {"relative_day": 5}, "bank", on_closed_day="run"),
     "2026-03-01", "2026-08-01", FROM_21)
case("months from the 21st: the last day", at("20:00", {"relative_day": "last"}, "bank", on_closed_day="previous"), *YEAR, FROM_21)
case("months from the 21st, called by their begin: the second Monday of May",
     at("20:00", {"weekday": {"mon": 2}, "months": [5]}, "bank"), *YEAR, FROM_21)
case("months from the 21st, called by their end: the second Monday of May",
     at("20:00", {"weekday": {"mon": 2}, "months": [5]}, "bank", on_closed_day="run"), *YEAR, like(FROM_21, label="end"))
case("`day` counts in the civil month all the same", at("20:00", {"day": 5}, "bank", on_closed_day="run"),
     "2026-03-01", "2026-07-01", FROM_21)
case("months that begin on the second Monday", at("20:00", {"relative_day": [1, "last"]}, "bank", on_closed_day="run"),
     "2026-01-01", "2026-07-01", like(BANK, month_starts_on={"mon": 2}))
case("months that begin on the last Friday: their second open day", at("20:00", {"open_day": 2}, "bank"), *YEAR,
     like(BANK, month_starts_on={"fri": "last"}))
case("months that begin with the last day of the civil one", at("20:00", {"relative_day": 1}, "bank", on_closed_day="run"), *YEAR,
     like(BANK, month_starts_on="last"))
case("months that begin five days after the last day", at("20:00", {"open_day": "last"}, "bank"), *YEAR,
     like(BANK, month_starts_on="last+5"))
case("months that begin ten days before the last day, called by their end, in March",
     at("20:00", {"open_day": 1, "months": [3]}, "bank"), *YEAR, like(BANK, month_starts_on="last-10", label="end"))
for begin in (1, "last+1"):
    case(f"civil months ({begin}) called by their end are called after themselves",
         at("20:00", {"open_day": 1, "months": [4]}, "bank"), *YEAR, like(BANK, month_starts_on=begin, label="end"))
case("a rule of the calendar counts weekdays in its own months", at("20:00", "closed_days", "shop"), "2026-03-01", "2026-09-01",
     {"kind": "Calendar", "name": "shop", "month_starts_on": 16, "rules": [{"closed": {"weekday": {"tue": [1, 3]}}}]})

# ---- Shifted days.
for rule in ("previous", "next", "nearest", "skip", "run"):
    case(f"the 25th, {rule} when closed", at("20:00", {"day": 25}, "bank", on_closed_day=rule), *YEAR, BANK)
case("the month's end, next when closed", at("20:00", {"day": "last"}, "bank", on_closed_day="next"), *YEAR, BANK)
for limit in (1, 2, 3, 4):
    case(f"3 May, next within {limit} days", at("20:00", {"dates": ["05-03"]}, "bank", on_closed_day="next", max_shift=f"{limit}d"),
         "2026-04-20", "2026-05-20", BANK)
case("3, 4 and 5 May, nearest: a tie goes to the day before",
     at("20:00", {"dates": ["05-03..05-05"]}, "bank", on_closed_day="nearest"), "2026-04-20", "2026-05-20", BANK)
case("4 May, nearest: three days to both sides go to the day before", at("20:00", {"dates": ["05-04"]}, "bank", on_closed_day="nearest"),
     "2026-04-20", "2026-05-20", BANK)
case("every day, next when closed: one start for all that meet",
     at("20:00", "every_day", "bank", on_closed_day="next"), "2026-05-01", "2026-05-09", BANK)
case("every day, previous when closed", at("20:00", "every_day", "bank", on_closed_day="previous"), "2026-04-29", "2026-05-09", BANK)
case("two times of a shifted date, one after midnight",
     {"days": {"day": 5}, "times": ["21:00", "25:30"], "calendar": "bank", "on_closed_day": "next"}, "2026-04-01", "2026-08-01", BANK)

# ---- Offsets.
case("two open days before the 15th, itself shifted back",
     at("20:00", {"day": 15}, "bank", on_closed_day="previous", offset={"days": -2, "count": "open_days"}), *YEAR, BANK)
case("one open day before 7 May, within 5 days: none", at("20:00", {"dates": ["05-07"]}, "bank",
     offset={"days": -1, "count": "open_days", "limit": "5d"}), "2026-04-20", "2026-05-20", BANK)
case("one open day before 7 May, within 6 days", at("20:00", {"dates": ["05-07"]}, "bank",
     offset={"days": -1, "count": "open_days", "limit": "6d"}), "2026-04-20", "2026-05-20", BANK)
case("three calendar days after the last open day", at("20:00", {"open_day": "last"}, "bank", offset={"days": 3, "count": "days"}),
     *YEAR, BANK)
case("one open day after a closed day that runs", at("20:00", "closed_days", "bank", offset={"days": 1, "count": "open_days"}),
     "2026-04-25", "2026-05-20", BANK)
case("one open day before a closed day that runs", at("20:00", "closed_days", "bank", offset={"days": -1, "count": "open_days"}),
     "2026-04-25", "2026-05-20", BANK)
case("five open days before the new year's first one", at("20:00", {"open_day": 1, "months": [1]}, "bank",
     offset={"days": -5, "count": "open_days"}), "2026-12-01", "2027-02-01", BANK)

# ---- Cycles of days.
case("every two weeks from a Monday, next within two days",
     at("20:00", {"cycle": {"every": 2, "unit": "week", "from": "2026-04-06"}}, "bank", on_closed_day="next", max_shift="2d"),
     "2026-04-01", "2026-06-10", BANK)
case("every third open day", at("20:00", {"cycle": {"every": 3, "unit": "open_day", "from": "2026-04-27"}}, "bank"),
     "2026-04-20", "2026-05-20", BANK)
case("every third open day from a closed one", at("20:00", {"cycle": {"every": 3, "unit": "open_day", "from": "2026-05-03"}}, "bank"),
     "2026-05-01", "2026-06-01", BANK)
case("every ten days", at("20:00", {"cycle": {"every": 10, "unit": "day", "from": "2026-02-20"}}), "2026-01-01", "2026-06-01")
case("monthly from 31 January", at("20:00", {"cycle": {"every": 1, "unit": "month", "from": "2026-01-31"}}), *YEAR)
case("every two months from the 30th", at("20:00", {"cycle": {"every": 2, "unit": "month", "from": "2025-12-30"}}), *YEAR)
case("yearly from 29 February 2024", at("20:00", {"cycle": {"every": 1, "unit": "year", "from": "2024-02-29"}}), "2023-01-01", "2034-01-01")
case("every two years, in validity only", at("20:00", {"cycle": {"every": 2, "unit": "year", "from": "2023-07-01"}},
     valid={"from": "2025-01-01", "until": "2028-12-31"}), "2023-01-01", "2034-01-01")

# ---- Exclusions and validity.
case("not on the last day of the year", at("20:00", {"day": "last"}, exclude={"dates": ["2026-12-31"]}), *YEAR)
case("not on yearly dates and ranges", at("20:00", "every_day", exclude={"dates": ["05-03", "05-05..05-07"]}), "2026-05-01", "2026-05-10")
case("excluded is the date after the shift", at("20:00", {"dates": ["05-03"]}, "bank", on_closed_day="next",
     exclude={"dates": ["05-07"]}), "2026-04-20", "2026-05-20", BANK)
case("not on days when another workflow is planned", at("20:00", "open_days", "bank", exclude={"workflows": ["first"]}),
     "2026-05-20", "2026-06-05", BANK, before=[at("18:00", {"open_day": "last"}, "bank")])
case("a workflow that is itself excluded excludes nothing", at("20:00", "open_days", "bank", exclude={"workflows": ["second"]}),
     "2026-05-25", "2026-06-05", BANK,
     before=[at("18:00", {"open_day": "last"}, "bank"), at("18:00", {"weekdays": ["fri"]}, exclude={"workflows": ["first"]})])
case("valid for two weeks", at("20:00", {"weekdays": ["mon", "fri"]}, valid={"from": "2026-05-08", "until": "2026-05-18"}), *month("2026-05"))
case("validity asks for the date after the shift", at("20:00", {"day": "last"}, "bank", on_closed_day="next",
     valid={"from": "2026-01-31", "until": "2026-02-28"}), "2026-01-01", "2026-04-01", BANK)

# ---- Cron on a calendar.
case("cron at 02:00, days from 05:00: Saturday's belongs to Friday", {"cron": "0 2 * * *", "calendar": "bank"},
     "2026-05-07", "2026-05-13", like(BANK, day_starts_at="05:00"))
case("cron at 01:00, days from 05:00, around Golden Week", {"cron": "0 1 * * *", "calendar": "bank"}, "2026-05-01", "2026-05-10",
     like(BANK, day_starts_at="05:00"))
case("cron on the 1st and the 15th or Fridays", {"cron": "30 4 1,15 * fri"}, "2026-01-01", "2026-02-01")
case("cron on the 10th, previous when closed", {"cron": "0 18 10 * *", "calendar": "bank", "on_closed_day": "previous"}, *YEAR, BANK)
case("cron at the very time when days begin", {"cron": "0 5 * * *", "calendar": "bank"}, "2026-05-01", "2026-05-12",
     like(BANK, day_starts_at="05:00"))
case("cron on the 10th or on Fridays, of a calendar", {"cron": "0 18 10 * fri", "calendar": "bank"}, *month("2026-05"), BANK)
case("cron three times a day: a closed date is told once", {"cron": "15 6,12,18 * * *", "calendar": "bank"}, "2026-05-01", "2026-05-09", BANK)

case("EventBridge's cron on a calendar", {"cron": "cron(0 2,20 ? * fri *)", "calendar": "bank", "on_closed_day": "next"},
     *month("2026-05"), like(BANK, day_starts_at="05:00"))
case("OnCalendar on a calendar, with seconds", {"on_calendar": "*-*-3,20 9:15:30", "calendar": "bank", "on_closed_day": "previous"}, *YEAR, BANK)

# ---- Cycles of hours.
case("every 30 minutes from 22:00 until 26:00: nine starts a date",
     {"days": "open_days", "every": "30m", "from": "22:00", "until": "26:00", "calendar": "bank"}, "2026-05-01", "2026-05-09", BANK)
case("every 7 hours begins anew with each date", {"days": "every_day", "every": "7h"}, "2026-05-01", "2026-05-04")
case("every 7 hours from 05:00 to 05:00, on open days", {"days": "open_days", "every": "7h", "calendar": "bank"},
     "2026-05-01", "2026-05-09", like(BANK, day_starts_at="05:00"))
case("a grid on a shifted date keeps its hours", {"days": {"day": 5}, "every": "2h", "from": "20:00", "until": "25:00",
     "calendar": "bank", "on_closed_day": "next"}, "2026-04-01", "2026-07-01", BANK)
case("a rate goes on over midnight", {"rate": "7h"}, "2026-05-01", "2026-05-05")
case("a rate rests on closed dates and stays on its grid", {"rate": "5h", "calendar": "bank"}, "2026-05-01", "2026-05-09", BANK)

# ---- Clock changes.
NEW_YORK = {"timezone": "America/New_York"}
for gap in ("shift", "skip"):
    case(f"New York 02:30 in spring, {gap}", at("02:30", "every_day", **NEW_YORK, dst={"gap": gap}), "2026-03-07", "2026-03-10")
for overlap in ("first", "second", "both"):
    case(f"New York 01:30 in autumn, {overlap}", at("01:30", "every_day", **NEW_YORK, dst={"overlap": overlap}), "2026-10-31", "2026-11-03")
case("three readings in one gap, and 03:00 itself: one start",
     {"days": "every_day", "times": ["02:00", "02:15", "02:45", "03:00"], **NEW_YORK}, "2026-03-07", "2026-03-10")
case("26:30 of Saturday is 02:30 of a Sunday without it", at("26:30", {"weekdays": ["sat"]}, **NEW_YORK), "2026-03-01", "2026-03-16")
case("every 30 minutes through the spring gap, in absolute time",
     {"days": {"dates": ["2026-03-08"]}, "every": "30m", "from": "00:30", "until": "04:30", **NEW_YORK}, "2026-03-08", "2026-03-09")
case("every 30 minutes through the repeated hour, in absolute time",
     {"days": {"dates": ["2026-11-01"]}, "every": "30m", "from": "00:30", "until": "03:00", **NEW_YORK}, "2026-11-01", "2026-11-02")
for overlap in ("first", "second"):
    case(f"a grid that begins in the repeated hour, {overlap}",
         {"days": {"dates": ["2026-11-01"]}, "every": "20m", "from": "01:20", "until": "02:20", **NEW_YORK, "dst": {"overlap": overlap}},
         "2026-11-01", "2026-11-02")
case("a grid that begins in the gap", {"days": {"dates": ["2026-03-08"]}, "every": "20m", "from": "02:10", "until": "04:00", **NEW_YORK},
     "2026-03-08", "2026-03-09")
case("a rate of 5 hours keeps its pace over both changes", {"rate": "5h", **NEW_YORK}, "2026-03-07", "2026-03-10")
case("Lord Howe's clocks change by half an hour", {"days": "every_day", "times": ["01:45", "02:15"], "timezone": "Australia/Lord_Howe",
     "dst": {"overlap": "both"}}, "2026-04-04", "2026-04-07")
case("Berlin, shifted onto the day of the change", at("02:30", {"dates": ["2026-03-28"]}, "sundays_only", on_closed_day="next",
     timezone="Europe/Berlin"), "2026-03-20", "2026-04-05",
     {"kind": "Calendar", "name": "sundays_only", "rules": [{"closed": {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"]}}]})


def window(documents, begin, end):
    """From midnight to midnight in the zone of the last workflow's trigger, as seconds since 1970."""
    schedules = oracle.Schedules(documents, SERVER_ZONE)
    clock = list(schedules.triggers.values())[-1].clock
    return schedules, *(clock.instants(datetime.fromisoformat(day))[0][0] for day in (begin, end))


def expected(documents, begin, end):
    """Every occurrence of every workflow, as lines: workflow, instant, origin, business date, and the reason of what
    was dropped."""
    schedules, first, last = window(documents, begin, end)
    return sorted(line(name, each.row()) for name, trigger in schedules.triggers.items()
                  for each in trigger.occurrences(first, last))


def line(workflow, row):
    return " ".join([workflow, row["at"], row["origin"], row["business_date"], *([row["reason"]] if row["reason"] else [])])


def computed():
    return [each | {"expected": expected(each["documents"], each["from"], each["to"])} for each in CASES]


def main():
    if sys.argv[1:] != ["--write"]:
        print(__doc__)
        return 2
    FILE.parent.mkdir(parents=True, exist_ok=True)
    cases = computed()
    texts = [json.dumps(each, ensure_ascii=False, indent=1) for each in cases]
    FILE.write_text("[" + ",\n".join(texts) + "]\n", encoding="utf-8")
    print(f"{len(cases)} cases, {sum(len(each['expected']) for each in cases)} occurrences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
