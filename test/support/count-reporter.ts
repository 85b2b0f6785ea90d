import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a test run with one plain line, `N passed, N failed`, after one for the tests that did not run. What fails outside a
 * test (a file that cannot be loaded, a hook, an unhandled rejection) counts as a failure too, so that 0 failed means
 * that all is well.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        counts[state === 'pending' ? 'skipped' : state]++;
      }
      const failedOutsideATest = module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed');
      if (failedOutsideATest) counts.failed++;
    }
    if (counts.skipped > 0) process.stdout.write(`${counts.skipped} not run: their titles say what they need\n`);
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
  }
}
