import type { Answer, World } from './world';

/** Calendars, a business date and schedules that lie far ahead: whatever the day of the test is, they are
 * the same. 2040-12-31 is a Monday. */
const CALENDARS = `
kind: Calendar
name: jp_business
title: 日本の営業日
timezone: Asia/Tokyo
rules:
  - {closed: {holidays: japan}}
  - {closed: {weekdays: [sat, sun]}}
---
kind: Calendar
name: jpbank
title: 銀行営業日
timezone: Asia/Tokyo
day_starts_at: "05:00"
extends: jp_business
rules:
  - closed: {dates: {"12-31": 大晦日}}
  - closed: {dates: ["01-02", "01-03"]}
    title: 正月休み
---
kind: Calendar
name: closing_21
title: 21日締め
timezone: Asia/Tokyo
month_starts_on: 21
label: end
extends: jpbank
---
kind: Calendar
name: stocktaking
title: 棚卸日
timezone: Asia/Tokyo
rules:
  - {closed: {dates: ["2040-12-27"]}}
`;

const DATES = `
kind: BusinessDate
name: batch
title: 夜間バッチ
calendar: jpbank
advance: {at: "29:00", after: [feeder]}
start: "2040-12-28"
---
kind: BusinessDate
name: online
calendar: jp_business
advance: {by: job}
start: "2040-12-28"
`;

const WORKFLOWS = `
name: feeder
business_date: {name: batch, on_mismatch: run_current}
jobs: {a: {run: "true"}}
---
name: month_end
title: 月末処理
triggers:
  closing: {type: schedule, days: {day: last}, time: "22:00", calendar: jpbank, on_closed_day: previous}
  daily: {type: schedule, days: every_day, time: "06:00", calendar: jpbank, on_closed_day: skip}
  intraday: {type: schedule, days: {day: 10}, every: 30m, from: "22:00", until: "26:00", calendar: jpbank, on_closed_day: next}
jobs: {a: {run: "true"}}
---
name: both_open
triggers:
  daily: {type: schedule, days: every_day, time: "09:00", calendar: {all_of: [jpbank, stocktaking]}}
jobs: {a: {run: "true"}}
---
name: new_york
triggers:
  early: {type: schedule, days: every_day, time: "02:30", timezone: America/New_York}
jobs: {a: {run: "true"}}
`;

export async function applyPlans(world: World): Promise<Answer> {
  const files = [
    { name: 'calendars.yaml', text: CALENDARS },
    { name: 'dates.yaml', text: DATES },
    { name: 'workflows.yaml', text: WORKFLOWS },
  ];
  return world.call('POST', '/workflows:apply', { files });
}
