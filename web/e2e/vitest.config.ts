import { defineConfig } from 'vitest/config';

// Against the real program: build/release/bin/dandori, or what DANDORI_BIN names.
// DANDORI_UI_LONG=1 runs the long ones instead: every operation, every page in every look.
const long = process.env.DANDORI_UI_LONG === '1';

const SHORT = ['frame.test.ts', 'story.test.ts'];
const LONG = [
  'operations.test.ts',
  'operations_wide.test.ts',
  'businessDates.test.ts',
  'calendars.test.ts',
  'log.test.ts',
  'looks.test.ts',
  'large.test.ts',
];

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    exclude: long ? SHORT : LONG,
    environment: 'node',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
