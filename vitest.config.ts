import { defineConfig } from 'vitest/config'

/** Two projects: quick tests side by side, and journeys one after the other, each with the whole network to itself. */
export default defineConfig({
  test: {
    pool: 'forks',
    // As many files at once as there are processors: most of what a test takes is waiting.
    maxWorkers: '100%',
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          pool: 'forks',
          include: ['test/**/*.test.ts'],
          exclude: ['test/journeys/**', 'test/browser/**'],
          // Patient, for machines that are slow, or busy with other things too: only what hangs takes so long.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        test: {
          name: 'journeys',
          pool: 'forks',
          include: ['test/journeys/**/*.test.ts', 'test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
