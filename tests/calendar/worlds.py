"""Random calendars with schedules on them, as definitions, from a random generator with a seed."""
from datetime import date, timedelta

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ZONES = ["Asia/Tokyo", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]
# Days around which their clocks change in the years that worlds are made of.
CHANGES = {"America/New_York": ["2025-03-09", "2025-11-02", "2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07"],
           "Europe/Berlin": ["2025-03-30", "2025-10-26", "2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"],
           "Australia/Lord_Howe": ["2025-04-06", "2025-10-05", "2026-04-05", "2026-10-04", "2027-04-04", "2027-10-03"],
           "America/St_Johns": ["2025-03-09", "2025-11-02", "2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07"]}


def clock(rng, low=0, high=47):
    return f"{rng.randint(low, high):02}:{rng.choice([0, 0, 0, 15, 30, 45]):02}"


def some_day(rng):
    return date(2024, 1, 1) + timedelta(days=rng.randrange(4 * 365))


def month_day(rng):
    return f"{date(2023, 1, 1) + timedelta(days=rng.randrange(365)):%m-%d}"


def day_entry(rng):
    kind = rng.random()
    if kind < 0.3:
        return some_day(rng).isoformat()
    if kind < 0.6:
        return month_day(rng)
    if kind < 0.8:
        first = some_day(rng)
        return f"{first}..{first + timedelta(days=rng.randint(1, 20))}"
    return f"{month_day(rng)}..{month_day(rng)}" if kind < 0.83 else rng.choice(
        ["12-29..01-03", "04-29..05-05", "08-13..08-16", "02-27..03-01"])


def nth_weekday(rng):
    number = rng.choice([1, 2, 3, 4, 5, "last", [1, 3], [2, 4], [1, "last"]])
    return {rng.choice(WEEKDAYS): number}


def weekday_set(rng, most=3):
    return rng.sample(WEEKDAYS, rng.randint(1, most))


# ---- Calendars.

def match(rng, others):
    forms = {"dates": lambda: [day_entry(rng) for _ in range(rng.randint(1, 4))],
             "ranges": lambda: [f"{month_day(rng)}..{month_day(rng)}"],
             "weekdays": lambda: weekday_set(rng),
             "weekday": lambda: nth_weekday(rng),
             "holidays": lambda: "japan",
             "months": lambda: rng.sample(range(1, 13), rng.randint(1, 6))}
    if others:
        forms["calendar"] = lambda: rng.choice(others)
    kind = rng.random()
    if kind < 0.1:
        return day_entry(rng)
    chosen = rng.choices(list(forms), [4, 1, 5, 3, 4, 1, 2][:len(forms)], k=1 if kind < 0.75 else 2)
    if chosen[0] == "months" and len(set(chosen)) == 1:
        chosen.append("weekdays")  # months alone would close half of a year
    return {form: forms[form]() for form in chosen}


def reference(rng, names):
    if len(names) == 1 or rng.random() < 0.5:
        return rng.choice(names)
    form = rng.choice(["all_of", "any_of", "none_of", "minus"])
    if form == "none_of":
        first, second = rng.sample(names, 2)
        return {"all_of": [first], "none_of": [second]}
    return {form: rng.sample(names, rng.randint(2, len(names)))}


def calendar(rng, name, others, zone):
    made = {"kind": "Calendar", "name": name}
    if rng.random() < 0.5:
        made["timezone"] = zone
    if rng.random() < 0.4:
        made["day_starts_at"] = clock(rng, 1, 9) if rng.random() < 0.5 else f"{rng.randint(1, 9):02}:00"
    if rng.random() < 0.4:
        made["month_starts_on"] = rng.choice([1, "last+1", rng.randint(2, 28), rng.randint(2, 28), {rng.choice(WEEKDAYS): rng.choice([1, 2, 4, "last"])},
                                              "last", f"last-{rng.randint(1, 20)}", f"last+{rng.randint(1, 20)}"])
        made["label"] = rng.choice(["start", "end"])
    if rng.random() < 0.1:
        made["valid"] = {"from": some_day(rng).isoformat()}
    if others and rng.random() < 0.5:
        made["extends"] = reference(rng, others)
    made["rules"] = [{rng.choice(["closed", "closed", "closed", "open"]): match(rng, others)}
                     for _ in range(rng.randint(0, 3))]
    if rng.random() < 0.8:
        made["rules"].append({"closed": {"weekdays": rng.choice([["sat", "sun"], ["sun"], ["fri", "sat"]])}})
    return made


# ---- Schedules.

NEED_A_CALENDAR = ("open_days", "closed_days", "open_day", "closed_day")


def days(rng, begin, has_calendar):
    last = rng.choice(["last", "last-1", "last-2", "last-5"])
    forms = {"every_day": lambda: True, "open_days": lambda: True, "closed_days": lambda: True,
             "weekdays": lambda: weekday_set(rng),
             "day": lambda: rng.choice([rng.randint(1, 31), last, [1, 15], [5, 20, "last"]]),
             "relative_day": lambda: rng.choice([rng.randint(1, 31), last, [1, 11]]),
             "open_day": lambda: rng.choice([rng.randint(1, 22), last, [1, 5, "last"]]),
             "closed_day": lambda: rng.choice([rng.randint(1, 8), last, [1, "last"]]),
             "weekday": lambda: nth_weekday(rng),
             "dates": lambda: [day_entry(rng) for _ in range(rng.randint(1, 5))],
             "cycle": lambda: cycle(rng, begin, has_calendar)}
    form = rng.choice([form for form in forms if has_calendar or form not in NEED_A_CALENDAR])
    made = {form: forms[form]()}
    if rng.random() < 0.15:
        made["months"] = rng.sample(range(1, 13), rng.randint(3, 9))
    return form if form in ("every_day", "open_days", "closed_days") and "months" not in made else made


def cycle(rng, begin, has_calendar):
    unit = rng.choice(["day", "week", "month", "year", "open_day"][:5 if has_calendar else 4])
    every = rng.randint(1, {"day": 20, "week": 4, "month": 3, "year": 2, "open_day": 10}[unit])
    return {"every": every, "unit": unit, "from": (begin + timedelta(days=rng.randint(-200, 60))).isoformat()}


def times(rng, day_starts_at, zone):
    low = int(day_starts_at[:2]) + (day_starts_at[3:] != "00")
    if zone != "Asia/Tokyo" and rng.random() < 0.5:  # readings that clock changes repeat or jump over
        odd = [f"{hour:02}:{minute:02}" for hour in (0, 1, 2, 3, 25, 26) for minute in (0, 15, 30, 59)]
        return {"times": distinct(rng.sample([time for time in odd if time >= day_starts_at], rng.randint(1, 3)))}
    if rng.random() < 0.6:
        return {"time": clock(rng, low)}
    return {"times": distinct([clock(rng, low) for _ in range(rng.randint(2, 4))])}


def distinct(times):
    """Without those that the next date has too: 25:00 beside 01:00 is refused."""
    return sorted({time for time in times if f"{int(time[:2]) - 24:02}{time[2:]}" not in times})


def grid(rng, day_starts_at, zone):
    every = rng.choice(["30m", "45m", "1h", "90m", "2h", "7h"])
    kind = rng.random()
    if zone != "Asia/Tokyo" and rng.random() < 0.4:  # begins or ends where clock changes repeat or jump over readings
        odd = [f"{hour:02}:{minute:02}" for hour in (1, 2, 25, 26) for minute in (0, 15, 30, 45)]
        first = rng.choice([time for time in odd if time >= day_starts_at])
        last = rng.choice([time for time in [*odd, "03:00", "04:00", "27:00", "28:00"] if time > first and
                           int(time[:2]) < int(first[:2]) + 24])
        return {"every": rng.choice(["20m", "30m", "1h"]), "from": first, "until": last}
    if kind < 0.3:
        return {"every": every}
    low = int(day_starts_at[:2]) + (day_starts_at[3:] != "00")
    first = rng.randint(low, 30)
    made = {"every": every, "from": f"{first:02}:{rng.choice([0, 30]):02}"}
    if kind < 0.9 or first >= 23:
        made["until"] = f"{rng.randint(first + 1, min(first + 12, 47)):02}:30"
    return made


def clock_expression(rng):
    """One of the three kinds, each with the weekdays by name."""
    of_month = rng.choice(["*", "*", "1,15", f"{rng.randint(1, 28)}"])
    of_week = rng.choice(["*", "*", "mon,tue,wed,thu,fri", rng.choice(WEEKDAYS)])
    hours = ",".join(str(hour) for hour in sorted(rng.sample(range(24), rng.randint(1, 3))))
    minutes = rng.choice(["0", "0", "30", "45", "15,45"])
    kind = rng.random()
    if kind < 0.4:
        return {"cron": f"{minutes} {hours} {of_month} * {of_week}"}
    if kind < 0.7:
        of_month, of_week = (of_month, "?") if of_week == "*" or rng.random() < 0.5 else ("?", of_week)
        return {"cron": f"cron({minutes} {hours} {of_month} * {of_week} {rng.choice(['*', '2025,2026'])})"}
    weekdays = "" if of_week == "*" else f"{of_week} "
    return {"on_calendar": f"{weekdays}*-*-{of_month} {hours}:{minutes}:{rng.choice(['0', '0', '20,40'])}"}


def move(rng, made, has_calendar):
    """What moves dates: the rule for closed days, and the offset."""
    if has_calendar and rng.random() < 0.7:
        rules = ["skip", "run", "previous", "next", "nearest"]
        if any(form in str(made.get("days")) for form in ("closed_day", "closed_days")):
            rules.remove("skip")
        made["on_closed_day"] = rng.choice(rules)
        if made["on_closed_day"] in ("previous", "next", "nearest") and rng.random() < 0.5:
            made["max_shift"] = f"{rng.randint(1, 6)}d"
    if rng.random() < 0.25:
        made["offset"] = {"days": rng.randint(-6, 6) or 1, "count": rng.choice(["days", "open_days"][:1 + has_calendar]),
                          "limit": f"{rng.randint(3, 15)}d"}


def trigger(rng, begin, names, starts_at, zone, others):
    made = {"type": "schedule"}
    kind = rng.random()
    if names and rng.random() < 0.85:
        made["calendar"] = reference(rng, names)
    has_calendar = "calendar" in made
    day_starts_at = starts_at(made.get("calendar"))
    if kind < 0.17:
        made |= clock_expression(rng)
    elif kind < 0.22:
        made |= {"rate": rng.choice(["7h", "90m", "5h", "36h"])}
    else:
        made["days"] = days(rng, begin, has_calendar)
        made |= grid(rng, day_starts_at, zone) if kind < 0.42 else times(rng, day_starts_at, zone)
    if rng.random() < 0.7:
        made["timezone"] = zone
    if "rate" not in made:
        move(rng, made, has_calendar)
        if zone != "Asia/Tokyo":
            made["dst"] = {"gap": rng.choice(["shift", "skip"]), "overlap": rng.choice(["first", "second", "both"])}
    exclude = {}
    if rng.random() < 0.2:
        exclude["dates"] = [day_entry(rng) for _ in range(rng.randint(1, 4))]
    if others and rng.random() < 0.5:
        exclude["workflows"] = others
    if exclude:
        made["exclude"] = exclude
    if rng.random() < 0.15:
        first = begin + timedelta(days=rng.randint(-20, 40))
        made["valid"] = {"from": first.isoformat(), "until": (first + timedelta(days=rng.randint(10, 90))).isoformat()}
    return made


def world(rng):
    """Documents, and the window to look at: its first day and the first after it."""
    zone = rng.choice(ZONES)
    if zone in CHANGES:
        begin = date.fromisoformat(rng.choice(CHANGES[zone])) - timedelta(days=rng.randint(2, 30))
    else:
        begin = date(2024, 1, 1) + timedelta(days=rng.randrange(3 * 365))
    documents, names = [], []
    for name in ["base", "shop", "bank"][:rng.choice([0, 1, 1, 2, 2, 3])]:
        documents.append(calendar(rng, name, list(names), zone))
        if rng.random() < 0.15:  # a later revision
            changes = {"effective_from": (begin + timedelta(days=rng.randint(-5, 60))).isoformat()}
            documents.append(documents[-1] | changes | {"rules": calendar(rng, name, list(names), zone)["rules"]})
        names.append(name)

    def starts_at(used):
        while isinstance(used, dict):
            used = next(iter(used.values()))[0]
        return next((document.get("day_starts_at", "00:00") for document in documents if document["name"] == used), "00:00")

    workflows = ["nightly"] if rng.random() < 0.85 else ["stocktaking", "nightly"]
    for i, name in enumerate(workflows):
        made = trigger(rng, begin, names, starts_at, zone, workflows[:i])
        documents.append({"name": name, "triggers": {"main": made}, "jobs": {"a": {"run": "true"}}})
    return documents, begin, begin + timedelta(days=rng.choice([45, 90, 200]))
