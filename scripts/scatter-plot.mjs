// Plots of cases as SVG: simulated over measured, both axes logarithmic and alike; and the error over what was measured.
const SIZE = 380;
const MARGIN = 62;
const COLOURS = ['#3366cc', '#dc3912', '#ff9900', '#109618', '#990099', '#0099c6', '#b82e2e', '#66aa00', '#316395'];

/** @param points each with `measured`, `simulated` and `tags.family`, which gives the mark */
export function scatterPlot(title, points) {
  const values = points.flatMap(({ measured, simulated }) => [measured, simulated]);
  const low = Math.log10(Math.min(...values)) - 0.05;
  const high = Math.log10(Math.max(...values)) + 0.05;
  const span = SIZE - 2 * MARGIN;
  const along = (value) => Math.round(((Math.log10(value) - low) / (high - low)) * span);
  const x = (value) => MARGIN + along(value);
  const y = (value) => SIZE - MARGIN - along(value);
  const families = [...new Set(points.map(({ tags }) => tags.family ?? ''))].toSorted((a, b) => (a < b ? -1 : 1));
  const dots = points.map((point) =>
    mark(x(point.measured), y(point.simulated), families.indexOf(point.tags.family ?? '')),
  );
  const ends = [10 ** low, 10 ** high];
  const line = (factor, dash) =>
    `<path d="M${x(ends[0])} ${y(ends[0] * factor)}L${x(ends[1])} ${y(ends[1] * factor)}" stroke="#888" stroke-dasharray="${dash}"/>`;
  const ticks = decades(low, high).flatMap((tick) => [
    text(x(tick), SIZE - MARGIN + 14, 'middle', label(tick)),
    text(MARGIN - 5, y(tick) + 4, 'end', label(tick)),
  ]);
  const legend = families.flatMap((family, k) => [
    mark(SIZE - 40, MARGIN + 14 * k, k),
    text(SIZE - 33, MARGIN + 4 + 14 * k, 'start', family),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE + 90}" height="${SIZE}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<rect x="${MARGIN}" y="${MARGIN}" width="${span}" height="${span}" fill="none" stroke="#444"/>`,
    `<clipPath id="inside"><rect x="${MARGIN}" y="${MARGIN}" width="${span}" height="${span}"/></clipPath>`,
    `<g clip-path="url(#inside)" fill="none">${line(1, '')}${line(1.2, '3 3')}${line(1 / 1.2, '3 3')}</g>`,
    `<g fill-opacity="0.6">${dots.join('')}</g>`,
    ...ticks,
    ...legend,
    text(SIZE / 2, 20, 'middle', title),
    text(SIZE / 2, SIZE - 20, 'middle', 'measured; dashed: simulated 20 % above and below'),
    `<g transform="rotate(-90 12 ${SIZE / 2})">${text(12, SIZE / 2, 'middle', 'simulated')}</g>`,
    '</svg>\n',
  ].join('\n');
}

/** Errors of more are drawn at the edge. */
const FURTHEST = 3;

/** @param points each with `measured`, `simulated` and `tags.family`, which gives the mark */
export function residualPlot(title, points) {
  const values = points.map(({ measured }) => measured);
  const low = Math.log10(Math.min(...values)) - 0.05;
  const high = Math.log10(Math.max(...values)) + 0.05;
  const span = SIZE - 2 * MARGIN;
  const x = (value) => MARGIN + Math.round(((Math.log10(value) - low) / (high - low)) * span);
  const y = (ratio) => {
    const clipped = Math.max(-1, Math.min(1, Math.log(ratio) / Math.log(FURTHEST)));
    return Math.round(SIZE / 2 - (clipped * span) / 2);
  };
  const families = [...new Set(points.map(({ tags }) => tags.family ?? ''))].toSorted((a, b) => (a < b ? -1 : 1));
  const dots = points.map(({ measured, simulated, tags }) =>
    mark(x(measured), y(simulated / measured), families.indexOf(tags.family ?? '')),
  );
  const levels = [1 / FURTHEST, 0.5, 1 / 1.2, 1, 1.2, 2, FURTHEST];
  const grid = levels.map(
    (ratio) =>
      `<path d="M${MARGIN} ${y(ratio)}h${span}" stroke="${ratio === 1 ? '#444' : '#ccc'}" fill="none"/>` +
      text(
        MARGIN - 5,
        y(ratio) + 4,
        'end',
        `${ratio > 1 ? '+' : ratio < 1 ? '−' : ''}${Math.abs(Math.round(100 * (ratio - 1)))} %`,
      ),
  );
  const legend = families.flatMap((family, k) => [
    mark(SIZE - 40, MARGIN + 14 * k, k),
    text(SIZE - 33, MARGIN + 4 + 14 * k, 'start', family),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE + 90}" height="${SIZE}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    ...grid,
    `<rect x="${MARGIN}" y="${MARGIN}" width="${span}" height="${span}" fill="none" stroke="#444"/>`,
    `<g fill-opacity="0.6">${dots.join('')}</g>`,
    ...decades(low, high).map((tick) => text(x(tick), SIZE - MARGIN + 14, 'middle', label(tick))),
    ...legend,
    text(SIZE / 2, 20, 'middle', title),
    text(SIZE / 2, SIZE - 20, 'middle', 'measured'),
    `<g transform="rotate(-90 12 ${SIZE / 2})">${text(12, SIZE / 2, 'middle', 'error of the simulation')}</g>`,
    '</svg>\n',
  ].join('\n');
}

/** A dot, or when the colours have all been used, a diamond. */
function mark(x, y, k) {
  const fill = COLOURS[k % COLOURS.length];
  return k < COLOURS.length
    ? `<circle cx="${x}" cy="${y}" r="2" fill="${fill}"/>`
    : `<path d="M${x} ${y - 3}l3 3l-3 3l-3 -3z" fill="${fill}"/>`;
}

function decades(low, high) {
  const ticks = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const digit of high - low > 2.5 ? [1] : [1, 3]) {
      const tick = digit * 10 ** power;
      if (Math.log10(tick) >= low && Math.log10(tick) <= high) ticks.push(tick);
    }
  }
  return ticks;
}

function label(value) {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 1 });
}

function text(x, y, anchor, words, fill = '#222') {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${fill}">${words}</text>`;
}
