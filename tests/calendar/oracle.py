"""What the definitions of calendars and schedules mean, by a plain scan of one day after another.

Slow and simple on purpose: it shares no table, no constant and no code with the program, so that a mistake
has to be made twice to go unseen. It reads definitions as the language has them (documents as dicts), and
answers with every occurrence of a trigger: starts, and dates that were dropped with their reason.

The rules are those of docs/concepts/schedules.md and calendars.md. Left out: jitter, `from_end`, `at`,
most forms of clock expressions (other tests compare those), and Japanese holidays before 2022 (the law as it has
stood since).
"""
import calendar as civil
from ast import literal_eval
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ONE_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1)


def as_list(value):
    return value if isinstance(value, list) else [value]


def clock_seconds(text):
    """`"27:30"` as seconds after the midnight of its business date."""
    hours, minutes, *seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds[0] if seconds else 0)


def duration_seconds(text):
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


def month_days(year, month):
    return civil.monthrange(year, month)[1]


# ---- Japanese holidays, by the law as it stands.

def nth_monday(year, month, nth):
    mondays = [day for day in range(1, month_days(year, month) + 1) if date(year, month, day).weekday() == 0]
    return date(year, month, mondays[nth - 1])


@cache
def japanese_holidays(year):
    named = {date(year, month, day) for month, day in
             [(1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)]}
    named |= {nth_monday(year, 1, 2), nth_monday(year, 7, 3), nth_monday(year, 9, 3), nth_monday(year, 10, 2)}
    since_1980 = year - 1980
    for month, base in ((3, 20.8431), (9, 23.2488)):  # the equinoxes, by the usual formula up to 2099
        named.add(date(year, month, int(base + 0.242194 * since_1980) - since_1980 // 4))
    all_days = set(named)
    for day in sorted(named):  # article 3-2: a Sunday gives way to the next day that is no holiday
        if day.weekday() == 6:
            substitute = day
            while substitute in named:
                substitute += ONE_DAY
            all_days.add(substitute)
    for day in sorted(named):  # article 3-3: a day between two holidays
        between = day + ONE_DAY
        if between + ONE_DAY in named and between not in named:
            all_days.add(between)
    return frozenset(all_days)


def is_holiday(day):
    if day.year < 2022:
        raise ValueError(f"{day}: this list of holidays begins in 2022")
    return day in japanese_holidays(day.year)


# ---- Lists of dates.

def in_dates(entries, day):
    """`2026-11-22`, `12-31`, `2026-12-29..2027-01-03`, `12-29..01-03`; a list, one of them, or a map to names."""
    month_day = f"{day:%m-%d}"
    for entry in as_list(list(entries) if isinstance(entries, dict) else entries):
        first, _, last = entry.partition("..")
        last = last or first
        if len(first) == 10:
            if first <= day.isoformat() <= last:
                return True
        elif first <= last:
            if first <= month_day <= last:
                return True
        elif month_day >= first or month_day <= last:
            return True
    return False


def counts(number, position, length):
    """Whether `number` (`3`, `last`, `last-2`) is the position (from 1) in a list of that length."""
    if isinstance(number, int):
        return position == number
    return position == length - (int(number[5:]) if number != "last" else 0)


# ---- Calendars.

class Calendars:
    """All calendars by name. A reference is a name, a combination, or None: every day is open. Several documents of
    one name are its revisions, oldest first: the newest that is in effect on a day decides it (before the first, the
    oldest); zone and months are those of the newest."""

    def __init__(self, documents):
        self.by_name, self.revisions = {}, {}
        for document in documents:
            if document.get("kind") == "Calendar":
                self.by_name[document["name"]] = document
                self.revisions.setdefault(document["name"], []).append(document)
        self.open_days = {}  # what was found out already

    def first_named(self, reference):
        if reference is None:
            return {}
        while isinstance(reference, dict):
            reference = next(iter(reference.values()))[0]
        return self.by_name[reference]

    def is_open(self, reference, day):
        if reference is None:
            return True
        if isinstance(reference, str):
            key = reference, day
            if key not in self.open_days:
                self.open_days[key] = self.decide(self.revision_on(reference, day), day)
            return self.open_days[key]
        held = []
        if "all_of" in reference:
            held.append(all(self.is_open(part, day) for part in reference["all_of"]))
        if "any_of" in reference:
            held.append(any(self.is_open(part, day) for part in reference["any_of"]))
        if "none_of" in reference:
            held.append(not any(self.is_open(part, day) for part in reference["none_of"]))
        if "minus" in reference:
            first, *others = reference["minus"]
            held.append(self.is_open(first, day) and not any(self.is_open(part, day) for part in others))
        return all(held)

    def revision_on(self, name, day):
        in_effect = [each for each in self.revisions[name] if each.get("effective_from", "") <= day.isoformat()]
        return in_effect[-1] if in_effect else self.revisions[name][0]

    def decide(self, definition, day):
        valid = definition.get("valid", {})
        if not valid.get("from", "") <= day.isoformat() <= valid.get("until", "9999"):
            return False
        for rule in definition.get("rules", []):
            opens = "open" in rule
            if self.matches(definition, rule["open" if opens else "closed"], opens, day):
                return opens
        return self.is_open(definition.get("extends"), day)

    def matches(self, definition, match, opens, day):
        if not isinstance(match, dict):
            return in_dates(match, day)
        if "dates" in match or "ranges" in match:
            if not any(in_dates(match[key], day) for key in ("dates", "ranges") if key in match):
                return False
        if "weekdays" in match and WEEKDAYS[day.weekday()] not in as_list(match["weekdays"]):
            return False
        if "months" in match and day.month not in as_list(match["months"]):
            return False
        if "weekday" in match and not self.is_nth_weekday(definition, match["weekday"], day):
            return False
        if "holidays" in match and not is_holiday(day):
            return False
        return "calendar" not in match or self.is_open(match["calendar"], day) == opens

    def is_nth_weekday(self, definition, wanted, day):
        numbers = as_list(wanted.get(WEEKDAYS[day.weekday()], []))
        same = [each for each in month_of(self.by_name.get(definition.get("name"), {}), day) if each.weekday() == day.weekday()]
        return any(counts(number, same.index(day) + 1, len(same)) for number in numbers)

    def day_starts_at(self, reference):
        return clock_seconds(self.first_named(reference).get("day_starts_at", "00:00"))


def month_begin(definition, year, month):
    """The day on which the calendar's month begins that is told of this civil month."""
    rule = definition.get("month_starts_on", 1)
    if isinstance(rule, int):
        return date(year, month, rule)
    if isinstance(rule, dict):
        (name, number), = rule.items()
        same = [day for day in range(1, month_days(year, month) + 1)
                if WEEKDAYS[date(year, month, day).weekday()] == name]
        return date(year, month, same[-1] if number == "last" else same[number - 1])
    return date(year, month, month_days(year, month)) + int(rule[4:] or 0) * ONE_DAY


@cache
def begins(rule_text, first_year, last_year):
    definition = {"month_starts_on": literal_eval(rule_text)}
    return sorted(month_begin(definition, year, month) for year in range(first_year, last_year + 1) for month in range(1, 13))


def month_bounds(definition, day):
    """The first day of the calendar's month that holds the day, and of the next one."""
    known = begins(repr(definition.get("month_starts_on", 1)), day.year - 1, day.year + 1)
    return max(begin for begin in known if begin <= day), min(begin for begin in known if begin > day)


def month_of(definition, day):
    """The days of the calendar's month that holds the day."""
    before, after = month_bounds(definition, day)
    return [before + i * ONE_DAY for i in range((after - before).days)]


def month_label(definition, day):
    """The civil month (1…12) after which the calendar's month that holds the day is called."""
    before, _ = month_bounds(definition, day)
    civil_months = definition.get("month_starts_on", 1) in (1, "last+1")
    if definition.get("label", "start") == "start" or civil_months:
        return before.month
    return before.month % 12 + 1


# ---- Days that a schedule names.

MONTH_FORMS = ("relative_day", "open_day", "closed_day", "weekday")


class Days:
    """Which days a trigger names, before they are shifted."""

    def __init__(self, calendars, reference, rules):
        self.calendars, self.reference = calendars, reference
        self.definition = calendars.first_named(reference)
        self.rules = [rule if isinstance(rule, dict) else {rule: True} for rule in as_list(rules)]

    def name(self, day):
        return any(self.rule_names(rule, day) for rule in self.rules)

    def is_open(self, day):
        return self.calendars.is_open(self.reference, day)

    def rule_names(self, rule, day):
        (form, value), = [(key, value) for key, value in rule.items() if key != "months"]
        if "months" in rule:
            month = month_label(self.definition, day) if form in MONTH_FORMS else day.month
            if month not in as_list(rule["months"]):
                return False
        match form:
            case "every_day":
                return True
            case "open_days":
                return self.is_open(day)
            case "closed_days":
                return not self.is_open(day)
            case "weekdays":
                return WEEKDAYS[day.weekday()] in as_list(value)
            case "day":
                return any(counts(number, day.day, month_days(day.year, day.month)) for number in as_list(value))
            case "dates":
                return in_dates(value, day)
            case "weekday":
                return self.calendars.is_nth_weekday(self.definition, value, day)
            case "relative_day":
                return self.has_place(day, month_of(self.definition, day), value)
            case "open_day":
                return self.has_place(day, [each for each in month_of(self.definition, day) if self.is_open(each)], value)
            case "closed_day":
                return self.has_place(day, [each for each in month_of(self.definition, day) if not self.is_open(each)],
                                      value)
            case "cycle":
                return self.cycle_names(value, day)
        raise ValueError(f"unknown form of days: {form}")

    @staticmethod
    def has_place(day, days, numbers):
        if day not in days:
            return False
        return any(counts(number, days.index(day) + 1, len(days)) for number in as_list(numbers))

    def cycle_names(self, cycle, day):
        begin = date.fromisoformat(cycle["from"])
        every = cycle["every"]
        if day < begin:
            return False
        match cycle["unit"]:
            case "day":
                return (day - begin).days % every == 0
            case "week":
                return (day - begin).days % (7 * every) == 0
            case "month":
                months = (day.year - begin.year) * 12 + day.month - begin.month
                return day.day == begin.day and months % every == 0
            case "year":
                same = (day.month, day.day) == (begin.month, begin.day)
                return same and (day.year - begin.year) % every == 0
            case "open_day":
                if not self.is_open(day):
                    return False
                before = sum(self.is_open(begin + i * ONE_DAY) for i in range((day - begin).days))
                return before % every == 0
        raise ValueError(f"unknown unit: {cycle['unit']}")


# ---- The clock of a zone.

class Clock:
    def __init__(self, name):
        self.zone = ZoneInfo(name)

    def local(self, at):
        """The reading at an instant (seconds since 1970)."""
        return (datetime.fromtimestamp(at, ZoneInfo("UTC")).astimezone(self.zone)).replace(tzinfo=None, fold=0)

    def instants(self, reading):
        """The instants of a reading: one, two (it is repeated), or the first after the gap that it lies in; and
        whether it lies in one."""
        found = []
        for fold in (0, 1):
            offset = reading.replace(tzinfo=self.zone, fold=fold).utcoffset()
            at = int((reading - EPOCH - offset).total_seconds())
            if self.local(at) == reading and at not in found:
                found.append(at)
        if found:
            return sorted(found), False
        guess = int((reading - EPOCH).total_seconds())
        span = range(guess - 2 * 86400, guess + 2 * 86400)  # readings grow across a gap: the first one after it
        return [span[bisect_left(span, True, key=lambda at: self.local(at) > reading)]], True


# ---- From rule to start.

@dataclass
class Occurrence:
    """at: seconds since 1970; of a dropped date: when it would have been. origin: the unshifted reading, and
    whether it is the second of a repeated one. reason: why it was dropped; empty: it starts. moved: how far it is
    from its origin: whether it left a gap of the clock, and days."""
    at: int
    origin: datetime
    second: bool
    business_date: date
    reason: str = ""
    moved: tuple = (False, 0)

    def row(self):
        origin = f"{self.origin:%Y-%m-%dT%H:%M:%S}{'*' if self.second else ''}"
        at = datetime.fromtimestamp(self.at, ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"at": at, "origin": origin, "business_date": self.business_date.isoformat(), "reason": self.reason}


class Schedules:
    """Every workflow of the documents; each has one trigger."""

    def __init__(self, documents, server_zone):
        self.calendars = Calendars(documents)
        self.triggers = {document["name"]: Trigger(self, next(iter(document["triggers"].values())), server_zone)
                         for document in documents if document.get("kind", "Workflow") == "Workflow"}

    def plans_on(self, workflow, day):
        return any(occurrence.business_date == day and not occurrence.reason
                   for occurrence in self.triggers[workflow].around(day))


class Trigger:
    def __init__(self, schedules, trigger, server_zone):
        self.schedules, self.calendars, self.trigger = schedules, schedules.calendars, trigger
        self.reference = trigger.get("calendar")
        self.days = Days(self.calendars, self.reference, trigger.get("days", "every_day"))
        zone = trigger.get("timezone") or self.calendars.first_named(self.reference).get("timezone") or server_zone
        self.clock = Clock(zone)
        self.dst = {"gap": "shift", "overlap": "first"} | trigger.get("dst", {})
        self.day_starts_at = self.calendars.day_starts_at(self.reference)
        forms = {form for rule in self.days.rules for form in rule}
        unspecified = "skip" if self.reference is not None else "run"
        if forms & {"closed_days", "closed_day"}:
            unspecified = "run"
        self.on_closed_day = trigger.get("on_closed_day", unspecified)
        self.max_shift = int(trigger.get("max_shift", "10d")[:-1])

    def is_open(self, day):
        return self.calendars.is_open(self.reference, day)

    # Dates.

    def shift(self, day):
        """The date that a named one is moved to, or the reason that it is dropped."""
        if self.is_open(day) or self.on_closed_day == "run":
            return day, ""
        if self.on_closed_day == "skip":
            return day, "closed_day"
        for k in range(1, self.max_shift + 1):
            for step in {"previous": [-k], "next": [k], "nearest": [-k, k]}[self.on_closed_day]:
                if self.is_open(day + step * ONE_DAY):
                    return day + step * ONE_DAY, ""
        return day, "max_shift"

    def add_offset(self, day):
        offset = self.trigger.get("offset")
        if offset is None or offset["days"] == 0:
            return day, ""
        limit = int(offset.get("limit", "31d")[:-1])
        step = ONE_DAY if offset["days"] > 0 else -ONE_DAY
        left, moved = abs(offset["days"]), day
        while left:
            moved += step
            if abs((moved - day).days) > limit:
                return day, "offset_limit"
            if offset.get("count", "days") == "days" or self.is_open(moved):
                left -= 1
        return moved, ""

    def is_excluded(self, day):
        exclude = self.trigger.get("exclude", {})
        if "dates" in exclude and in_dates(exclude["dates"], day):
            return "excluded_date"
        if any(self.schedules.plans_on(workflow, day) for workflow in exclude.get("workflows", [])):
            return "excluded_workflow"
        return ""

    def resolve(self, anchor):
        """(date, reason), or None: outside of the trigger's validity."""
        day, reason = self.shift(anchor)
        if not reason:
            day, reason = self.add_offset(day)
        if not reason:
            reason = self.is_excluded(day)
        valid = self.trigger.get("valid", {})
        if not valid.get("from", "") <= day.isoformat() <= valid.get("until", "9999"):
            return None
        return day, reason

    # Times.

    def civil_readings(self, day):
        """Seconds after midnight at which a clock expression fires on a civil day. Known are `M H D * W`,
        `cron(M H D * W Y)` and `W *-*-D H:M:S`, with `*` `?` and lists of numbers or names."""
        if "on_calendar" in self.trigger:
            *of_week, of_date, of_time = self.trigger["on_calendar"].split()
            hours, minutes, seconds = of_time.split(":")
            of_week, of_month, years, either = (of_week or ["*"])[0], of_date.rpartition("-")[2], "*", False
        elif self.trigger["cron"].startswith("cron("):
            minutes, hours, of_month, _, of_week, years = self.trigger["cron"][5:-1].split()
            seconds, either = "0", False
        else:
            minutes, hours, of_month, _, of_week = self.trigger["cron"].split()
            seconds, years, either = "0", "*", of_month != "*" and of_week != "*"

        def values(field, count=0):
            return range(count) if field in "*?" else [int(part) if part.isdigit() else part.lower() for part in field.split(",")]

        fits = [field in "*?" or bool(wanted & set(values(field))) for field, wanted in
                ((of_month, {day.day}), (of_week, {WEEKDAYS[day.weekday()]}), (years, {day.year}))]
        if not fits[2] or not (fits[0] or fits[1] if either else fits[0] and fits[1]):
            return []
        return sorted(hour * 3600 + minute * 60 + second for hour in values(hours, 24) for minute in values(minutes, 60)
                      for second in values(seconds, 60))

    def clock_times(self, anchor):
        """Readings of the business date, as seconds after its midnight; of forms that name readings."""
        if "cron" not in self.trigger and "on_calendar" not in self.trigger:
            return sorted({clock_seconds(text) for text in as_list(self.trigger.get("times", self.trigger.get("time")))})
        today = [time for time in self.civil_readings(anchor) if time >= self.day_starts_at]
        return today + [time + 86400 for time in self.civil_readings(anchor + ONE_DAY) if time < self.day_starts_at]

    def instants_of(self, day, seconds):
        return self.clock.instants(datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds))

    def one_instant(self, day, seconds):
        found, _ = self.instants_of(day, seconds)
        return found[-1] if self.dst["overlap"] == "second" else found[0]

    def grid(self, day):
        """Instants of `every` on a business date, or of `rate` within it."""
        begin = self.one_instant(day, clock_seconds(self.trigger["from"]) if "from" in self.trigger
                                 else self.day_starts_at)
        end = self.one_instant(day, clock_seconds(self.trigger["until"])) + 1 if "until" in self.trigger \
            else self.one_instant(day + ONE_DAY, self.day_starts_at)
        if "rate" not in self.trigger:
            return range(begin, end, duration_seconds(self.trigger["every"]))
        step = duration_seconds(self.trigger["rate"])
        zero = self.clock.instants(datetime(2000, 1, 1))[0][0]
        return range(begin + (zero - begin) % step, end, step)

    def readings(self, anchor, day):
        """(instant, origin, second of a repeated reading, whether it lies in a gap)."""
        midnight = datetime.combine(day, datetime.min.time())
        if "every" in self.trigger or "rate" in self.trigger:
            for at in self.grid(day):
                local = self.clock.local(at)
                found, _ = self.clock.instants(local)
                yield at, local + (anchor - day), len(found) == 2 and at == found[1], False
            return
        for seconds in self.clock_times(anchor):
            found, in_gap = self.instants_of(day, seconds)
            chosen = {"first": found[:1], "second": found[-1:], "both": found}[self.dst["overlap"]]
            for at in chosen:
                origin = midnight + timedelta(seconds=seconds) + (anchor - day)
                yield at, origin, len(found) == 2 and at == found[1], in_gap

    def of_anchor(self, anchor):
        """Occurrences that a named day leads to."""
        if not self.days.name(anchor):
            return []
        resolved = self.resolve(anchor)
        if resolved is None:
            return []
        day, reason = resolved
        if not reason:
            days = abs((day - anchor).days)
            return [Occurrence(at, origin, second, day,
                               "nonexistent_time" if in_gap and self.dst["gap"] == "skip" else "", (in_gap, days))
                    for at, origin, second, in_gap in self.readings(anchor, day)]
        if "every" in self.trigger or "rate" in self.trigger:
            at, origin, second, _ = next(iter(self.readings(anchor, anchor)), (None, None, None, None))
            return [] if at is None else [Occurrence(at, origin, second, anchor, reason)]
        for seconds in self.clock_times(anchor)[:1]:
            origin = datetime.combine(anchor, datetime.min.time()) + timedelta(seconds=seconds)
            return [Occurrence(self.clock.instants(origin)[0][0], origin, False, anchor, reason)]
        return []

    def reach(self):
        """Days that a date may be away from the day that named it, and two for clocks and zones."""
        offset = self.trigger.get("offset", {})
        return 3 + (self.max_shift if self.on_closed_day in ("previous", "next", "nearest") else 0) + \
            (int(offset.get("limit", "31d")[:-1]) if offset else 0)

    def scan(self, first, last):
        """Occurrences that days from `first` to `last` lead to. Of starts at one instant one is left: the least
        moved, then the earliest."""
        found = []
        day = first
        while day <= last:
            found += self.of_anchor(day)
            day += ONE_DAY
        starts = {}
        for each in found:
            if not each.reason:
                starts.setdefault(each.at, []).append(each)
        kept = [min(same, key=lambda each: (each.moved, each.origin)) for same in starts.values()]
        return sorted(kept + [each for each in found if each.reason], key=lambda each: (each.at, each.origin, each.second))

    def around(self, day):
        return self.scan(day - self.reach() * ONE_DAY, day + self.reach() * ONE_DAY)

    def occurrences(self, begin, end):
        """Occurrences with `begin` <= at < `end` (seconds since 1970), ascending."""
        first = self.clock.local(begin).date() - self.reach() * ONE_DAY
        last = self.clock.local(end).date() + self.reach() * ONE_DAY
        return [each for each in self.scan(first, last) if begin <= each.at < end]
