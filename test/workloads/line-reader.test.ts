import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader } from '../../src/workloads/line-reader.ts';
import { bytesOf } from './support.ts';

function linesOf(text: string, atMost?: number): string[] {
  const reader = new LineReader(bytesOf(text, atMost));
  const lines: string[] = [];
  while (reader.next()) {
    lines.push(new TextDecoder().decode(reader.bytes.subarray(reader.start, reader.end)));
    expect(reader.line).toBe(lines.length);
  }
  return lines;
}

test('lines are those of the text, wherever reads cut it, with or without a break at its end', () => {
  const anyText = fc.string({ unit: fc.constantFrom('a', '1', ',', '\n', '\r\n', 'é'), maxLength: 60 });
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 9 }), (text, atMost) => {
      const expected = text.split('\n').map((line) => line.replace(/\r$/, ''));
      if (expected.at(-1) === '' && !text.endsWith('\r')) expected.pop();

      expect(linesOf(text, atMost)).toEqual(expected);
    }),
  );
});

test('more text than fits the buffer loses nothing', () => {
  const lines = Array.from({ length: 30_000 }, (_, k) => `line ${k} ${'x'.repeat(k % 50)}`);

  expect(linesOf(lines.join('\n'), 1000)).toEqual(lines);
});

test('of a line longer than the buffer the beginning is given, and the next line is the next', () => {
  const [first, second, third] = linesOf(`before\n${'y'.repeat(200_000)}\nafter`);

  expect(first).toBe('before');
  expect(second).toMatch(/^y{60000,}$/);
  expect(third).toBe('after');
});
