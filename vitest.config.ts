import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // All cores: by default one of two would stay idle.
    maxWorkers: '100%',
    // A process serves one file after the other: most of them run the engine, which is fast once it has been compiled.
    isolate: false,
    globalSetup: 'test/support/build.ts',
    reporters: ['default', './test/support/count-reporter.ts'],
    // Only a guard against hanging: no test measures time, and some run whole simulations on a busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
