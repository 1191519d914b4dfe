"""Random clock expressions, as people might write them, from a random generator with a seed."""

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
LONG_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


# ---- Vixie cron.

def cron_item(rng, low, high, names=None):
    def value(number):
        if names and rng.random() < 0.3:
            return names[number - low]
        return str(number)

    first = rng.randint(low, high)
    last = rng.randint(first, high)
    kind = rng.random()
    if kind < 0.5 or last == first:
        return value(first)
    if kind < 0.75:
        return f"{value(first)}-{value(last)}"
    return f"{value(first)}-{value(last)}/{rng.randint(1, last - first)}"


def cron_field(rng, low, high, names=None, star=0.4):
    kind = rng.random()
    if kind < star:
        return "*"
    if kind < star + 0.15:
        return f"*/{rng.randint(1, min(30, high - low))}"
    return ",".join(cron_item(rng, low, high, names) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def day_field(rng, low, high, names=None):
    """Restricted for certain: croniter takes a list of every day for `*`, which in cron it is not."""
    while True:
        field = cron_field(rng, low, high, names, star=0.5)
        days = {day % (7 if names else 32) for item in field.split(",") for day in span(item, low, names or [])}
        if field[0] == "*" or len(days) < (7 if names else 31):
            return field


def span(item, low, names):
    """The days of one item, without its step; Sunday is first as a begin, and last as an end."""
    def day(text, is_end):
        if text.isdigit():
            return int(text)
        return low + (len(names) - 1 - names[::-1].index(text) if is_end else names.index(text))

    first, _, last = item.partition("/")[0].partition("-")
    return range(day(first, False), day(last or first, bool(last)) + 1) if first != "*" else ()


def cron(rng):
    """Five fields; no ranges that go round, for croniter refuses them."""
    return " ".join([cron_field(rng, 0, 59, star=0.1), cron_field(rng, 0, 23, star=0.3), day_field(rng, 1, 31),
                     cron_field(rng, 1, 12, MONTHS, star=0.6), day_field(rng, 0, 7, DAYS[6:] + DAYS)])


# ---- OnCalendar.

def part(rng, low, high, star=0.3, width=1):
    def value(number):
        return f"{number:0{rng.choice([1, width])}}"

    def item():
        first = rng.randint(low, high)
        last = rng.randint(first, high)
        kind = rng.random()
        if kind < 0.5:
            return value(first)
        if kind < 0.7 and last > first:
            return f"{value(first)}..{value(last)}"
        if kind < 0.85 and last > first:
            return f"{value(first)}..{value(last)}/{rng.randint(1, last - first)}"
        if first < high:
            return f"{value(first)}/{rng.randint(1, high - first)}"
        return value(first)

    if rng.random() < star:
        return "*"
    return ",".join(item() for _ in range(rng.choice([1, 1, 1, 2, 3])))


def part_from_end(rng):
    """systemd reads no day further from the end than the 25th behind a comma."""
    first = rng.randint(1, 28)
    last = rng.randint(first, 28)
    kind = rng.random()
    if kind < 0.6:
        return f"{first:02}"
    if kind < 0.75 and last > first:
        return f"{first}..{last}"
    if kind < 0.85 and last > first:
        return f"{first}..{last}/{rng.randint(1, last - first)}"
    if first > 1:
        return f"{first}/{rng.randint(1, first - 1)}"
    return f"{first},{min(last, 25)}"


def weekdays(rng):
    def name(number):
        return rng.choice([DAYS[number], DAYS[number], LONG_DAYS[number], DAYS[number].upper()])

    def item():
        first = rng.randrange(7)
        last = rng.randint(first, 6)
        return name(first) if rng.random() < 0.5 else f"{name(first)}{rng.choice(['..', '..', '-'])}{name(last)}"

    return ",".join(item() for _ in range(rng.choice([1, 1, 2, 3]))) + rng.choice(["", "", "", ","])


def date(rng):
    kind = rng.random()
    if kind < 0.2:
        return "*-*-*"
    day = f"~{part_from_end(rng)}" if rng.random() < 0.3 else f"-{part(rng, 1, 31, width=2)}"
    month = part(rng, 1, 12, star=0.6, width=2)
    if kind < 0.5:
        return f"{month}{day}"
    year = "*" if rng.random() < 0.6 else rng.choice([
        lambda: f"{rng.randint(2026, 2040)}", lambda: f"{rng.randint(26, 40)}", lambda: f"2026..{rng.randint(2027, 2060)}",
        lambda: f"2000/{rng.randint(1, 9)}", lambda: "2026,2028,2031", lambda: f"2020..2100/{rng.randint(2, 8)}"])()
    return f"{year}-{month}{day}"


def time(rng):
    text = f"{part(rng, 0, 23, width=2)}:{part(rng, 0, 59, star=0.2, width=2)}"
    return text if rng.random() < 0.7 else f"{text}:{part(rng, 0, 59, star=0.1, width=2)}"


def on_calendar(rng, zones):
    zone = rng.choice(["", "", *(f" {name}" for name in zones)])
    if rng.random() < 0.05:
        return rng.choice(["minutely", "hourly", "daily", "Weekly", "monthly", "quarterly", "semiannually", "yearly",
                           "annually"]) + zone
    while True:
        parts = [made(rng) for made, share in ((weekdays, 0.4), (date, 0.6), (time, 0.8)) if rng.random() < share]
        if parts:
            return " ".join(parts) + zone
