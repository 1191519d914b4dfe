import { describe, expect, it } from 'vitest';
import { axisStep, dayText, durationText, elapsedMs, instantText, zoneShort } from './time';

describe('time is written in the zone that is named', () => {
  it('an instant of the evening in UTC is the next morning in Tokyo', () => {
    expect(instantText('2026-11-20T18:41:55Z', 'Asia/Tokyo')).toBe('2026-11-21 03:41:55');
    expect(instantText('2026-11-20T18:41:55Z', 'Asia/Tokyo', false)).toBe('11-21 03:41:55');
  });
  it('midnight is 00, never 24', () => {
    expect(instantText('2026-11-20T15:00:00Z', 'Asia/Tokyo')).toBe('2026-11-21 00:00:00');
  });
  it('an hour repeated in autumn is told apart by its short zone', () => {
    expect(zoneShort('America/New_York', Date.parse('2026-11-01T05:30:00Z'))).toBe('EDT');
    expect(zoneShort('America/New_York', Date.parse('2026-11-01T06:30:00Z'))).toBe('EST');
    expect(zoneShort('Asia/Tokyo', 0)).toBe('JST');
  });
  it('what has no time yet is empty', () => {
    expect(instantText(null, 'UTC')).toBe('');
  });
  it('a day carries its weekday in both languages', () => {
    expect(dayText('2026-11-20', 'ja')).toBe('2026-11-20 (金)');
    expect(dayText('2026-11-20', 'en')).toBe('2026-11-20 (Fri)');
  });
});

describe('durations', () => {
  it.each([
    [0, '0.0s'],
    [73, '0.1s'],
    [9_949, '9.9s'],
    [9_999, '10s'],
    [59_600, '1:00'],
    [342_000, '5:42'],
    [20_530_000, '5:42:10'],
    [266_400_000, '3d 02:00'],
  ])('%d ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));

  it('grows while it runs, stands once it has ended, is nothing before', () => {
    const now = Date.parse('2026-11-20T10:00:10Z');
    expect(elapsedMs({ started_at: '2026-11-20T10:00:00Z', ended_at: null }, now)).toBe(10_000);
    expect(
      elapsedMs({ started_at: '2026-11-20T10:00:00Z', ended_at: '2026-11-20T10:00:04Z' }, now),
    ).toBe(4_000);
    expect(elapsedMs({ started_at: null, ended_at: null }, now)).toBeNull();
  });
});

it('a time axis has round steps and not too many', () => {
  expect(axisStep(3_600_000, 8)).toBe(600_000);
  expect(axisStep(4_000, 8)).toBe(500);
  expect(axisStep(90 * 86_400_000, 8)).toBe(12 * 86_400_000);
});
