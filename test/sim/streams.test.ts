import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { Streams, type Rng } from '../../src/sim/streams.ts';
import { chiSquareZ, correlation } from './uniformity.ts';

function take(rng: Rng, count: number): number[] {
  return Array.from({ length: count }, () => rng.uniform());
}

describe('named random streams', () => {
  test('the library still produces the numbers its documentation promises for Alea', () => {
    const published = seedrandom.alea('hello.');

    expect(published()).toBe(0.4783254903741181);
    expect(published.double()).toBe(0.8297006866124559);
  });

  test('a stream is Alea with 53 bits, seeded by the seed of the run and its own name', () => {
    const alea = seedrandom.alea('7/routing');

    expect(take(new Streams(7).stream('routing'), 5)).toEqual(Array.from({ length: 5 }, () => alea.double()));
  });

  test('asking twice by one name gives the same numbers, not a continuation', () => {
    const streams = new Streams(7);
    const first = take(streams.stream('arrivals'), 10);

    expect(take(streams.stream('arrivals'), 10)).toEqual(first);
  });

  test('a new consumer, even one that draws in between, changes nothing for the others', () => {
    const alone = take(new Streams(7).stream('arrivals'), 100);
    const streams = new Streams(7);
    const newcomer = streams.stream('failures');
    const arrivals = streams.stream('arrivals');
    const shared = Array.from({ length: 100 }, () => {
      newcomer.uniform();
      return arrivals.uniform();
    });

    expect(shared).toEqual(alone);
  });

  test('draws are uniform, also below the 32nd bit', () => {
    const draws = take(new Streams(1).stream('uniformity'), 100_000);

    expect(chiSquareZ(draws, 1000)).toBeLessThan(4);
    expect(
      chiSquareZ(
        draws.map((u) => (u * 4_294_967_296) % 1),
        1000,
      ),
    ).toBeLessThan(4);
  });

  test.each([
    ['names', 'a/arrivals', 'b/arrivals'],
    ['kinds', 'a/arrivals', 'a/lengths'],
    ['ends', 'instance-1', 'instance-2'],
  ])('streams whose %s differ are uncorrelated', (_, one, other) => {
    const streams = new Streams(3);

    const r = correlation(take(streams.stream(one), 50_000), take(streams.stream(other), 50_000));
    expect(Math.abs(r)).toBeLessThan(4 / Math.sqrt(50_000));
  });

  test('the first draws of one stream over 20,000 neighbouring seeds are uniform and uncorrelated', () => {
    const firsts = Array.from({ length: 20_000 }, (_, seed) => new Streams(seed).stream('arrivals').uniform());

    expect(chiSquareZ(firsts, 100)).toBeLessThan(4);
    expect(Math.abs(correlation(firsts.slice(0, -1), firsts.slice(1)))).toBeLessThan(4 / Math.sqrt(20_000));
  });
});
