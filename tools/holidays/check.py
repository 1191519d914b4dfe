#!/usr/bin/env python3
"""Works out every Japanese holiday of 1970–2050 from the law and compares with src/calendar/holidays_japan.inc.

Shares nothing with the source of that table. The law: 国民の祝日に関する法律 (act 178 of 1948) and its changes, four
acts for single days, and the two acts that moved days for the Olympic Games. The days of the equinoxes are announced
each February for the year after; the formula below has given them since 1900 (it is that of 新こよみ便利帳).
Prints each difference and fails when there is one. There is none.
"""
import re
import sys
from datetime import date, timedelta
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent.parent / "src/calendar/holidays_japan.inc"
FIRST, LAST = 1970, 2050
DAY = timedelta(days=1)
SUNDAY, MONDAY = 6, 0


def nth_monday(year: int, month: int, n: int) -> date:
    first = date(year, month, 1)
    return first + DAY * ((MONDAY - first.weekday()) % 7 + 7 * (n - 1))


def equinox(year: int, month: int) -> date:
    spring = month == 3
    if year < 1980:
        day = (20.8357 if spring else 23.2588) + 0.242194 * (year - 1980) - int((year - 1983) / 4)
    else:
        day = (20.8431 if spring else 23.2488) + 0.242194 * (year - 1980) - (year - 1980) // 4
    return date(year, month, int(day))


def marine_day(year: int) -> date | None:
    if year < 1996:
        return None
    moved = {2020: date(2020, 7, 23), 2021: date(2021, 7, 22)}
    return moved.get(year) or (date(year, 7, 20) if year < 2003 else nth_monday(year, 7, 3))


def mountain_day(year: int) -> date | None:
    if year < 2016:
        return None
    moved = {2020: date(2020, 8, 10), 2021: date(2021, 8, 8)}
    return moved.get(year) or date(year, 8, 11)


def sports_day(year: int) -> date:
    moved = {2020: date(2020, 7, 24), 2021: date(2021, 7, 23)}
    return moved.get(year) or (date(year, 10, 10) if year < 2000 else nth_monday(year, 10, 2))


def emperors_birthday(year: int) -> date | None:
    if year <= 1988:
        return date(year, 4, 29)
    if year <= 2018:
        return date(year, 12, 23)
    return None if year == 2019 else date(year, 2, 23)  # the reign changed on 2019-05-01, between the two birthdays


# Holidays by acts of their own.
SINGLE = {
    date(1989, 2, 24): "大喪の礼",
    date(1990, 11, 12): "即位礼正殿の儀",
    date(1993, 6, 9): "結婚の儀",
    date(2019, 5, 1): "即位の日",
    date(2019, 10, 22): "即位礼正殿の儀",
}


def national_holidays(year: int) -> dict[date, str]:
    """国民の祝日: article 2, and what counts as one."""
    days = {
        date(year, 1, 1): "元日",
        (date(year, 1, 15) if year < 2000 else nth_monday(year, 1, 2)): "成人の日",
        date(year, 2, 11): "建国記念の日",
        equinox(year, 3): "春分の日",
        date(year, 5, 3): "憲法記念日",
        date(year, 5, 5): "こどもの日",
        (date(year, 9, 15) if year < 2003 else nth_monday(year, 9, 3)): "敬老の日",
        equinox(year, 9): "秋分の日",
        sports_day(year): "体育の日" if year < 2020 else "スポーツの日",
        date(year, 11, 3): "文化の日",
        date(year, 11, 23): "勤労感謝の日",
    }
    if year >= 1989:
        days[date(year, 4, 29)] = "みどりの日" if year < 2007 else "昭和の日"
    if year >= 2007:
        days[date(year, 5, 4)] = "みどりの日"
    for day, name in [(emperors_birthday(year), "天皇誕生日"), (marine_day(year), "海の日"), (mountain_day(year), "山の日")]:
        if day:
            days[day] = name
    days |= {day: name for day, name in SINGLE.items() if day.year == year}
    return days


def holidays(year: int) -> dict[date, str]:
    """With article 3: days in lieu (振替休日) and days between two holidays (国民の休日)."""
    national = national_holidays(year)
    days = dict(national)
    for day, name in national.items():
        if day.weekday() != SUNDAY or day < date(1973, 4, 12):  # in force from then
            continue
        lieu = day + DAY
        while year >= 2007 and lieu in national:  # until 2006 the next day, and no other
            lieu += DAY
        if lieu not in national:
            days[lieu] = f"振替休日 ({name})"
    if year < 1986:
        return days
    for day in national:
        between = day + DAY
        if between + DAY not in national or between in national:
            continue
        if year < 2007 and (between.weekday() == SUNDAY or between in days):  # days in lieu came first then
            continue
        days[between] = "国民の休日"
    return days


def table() -> dict[date, tuple[str, str]]:
    text = TABLE.read_text(encoding="utf-8")
    names = re.findall(r'^    \{"([^"]+)", "([^"]+)"\},', text, re.M)
    rows = [(int(row), int(name)) for row, name in re.findall(r"\{(\d{8}), (\d+)\}", text)]
    if [row for row, _ in rows] != sorted({row for row, _ in rows}):
        raise ValueError("the table is not in order, or names a day twice")
    return {date(row // 10000, row // 100 % 100, row % 100): names[name] for row, name in rows}


def differences() -> list[str]:
    law = {day: name for year in range(FIRST, LAST + 1) for day, name in holidays(year).items()}
    ours = {day: japanese for day, (japanese, _) in table().items()}
    return [f"{day}: the law says {law.get(day, 'no holiday')}, the table {ours.get(day, 'no holiday')}"
            for day in sorted(law.keys() | ours.keys()) if law.get(day) != ours.get(day)]


if __name__ == "__main__":
    found = differences()
    print("\n".join(found) if found else f"{len(table())} holidays of {FIRST}–{LAST}: the table and the law agree")
    sys.exit(1 if found else 0)
