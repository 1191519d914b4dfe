import { defineConfig } from 'vitest/config';

// Against the real program: build/release/bin/dandori, or what DANDORI_BIN names.
// DANDORI_UI_LONG=1 adds the long ones: every operation, every page in every look.
const long = process.env.DANDORI_UI_LONG === '1';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: long ? ['*.test.ts'] : ['frame.test.ts', 'story.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
