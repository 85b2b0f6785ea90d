import { describe, expect, test } from 'vitest';
import { changed, told } from './support.ts';

describe('what the user hears of a pool with', () => {
  test('a model that does not fit the memory', () => {
    const text = changed(['weights: fp8, layout: { tensorParallel: 4 }', 'layout: { tensorParallel: 1 }']);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:5:68  templates.h100-70b.layout
          llama-3.1-70b in bf16 does not fit on 1 × h100-sxm: 141.1 GB of weights, 1.5 GB of buffers, and the engine may fill 76.4 GB — 2 accelerators would do: layout: { tensorParallel: 2 }

      1 problem; nothing was simulated."
    `);
  });

  test('a context that the KV cache cannot hold', () => {
    const text = changed([
      'weights: fp8, layout: { tensorParallel: 4 }',
      'layout: { tensorParallel: 2 }, engine: { maxModelTokens: 100000 }',
    ]);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:5:68  templates.h100-70b.layout
          llama-3.1-70b in bf16 does not fit on 2 × h100-sxm: 70.6 GB of weights, 1.5 GB of buffers, 16.4 GB for a request of 100000 tokens (maxModelTokens) each, and the engine may fill 76.4 GB — 4 accelerators would do: layout: { tensorParallel: 4 }

      1 problem; nothing was simulated."
    `);
  });

  test('no size, and two sizes', () => {
    const text = changed(['instances: 8 }', 'instances: 8, nodes: 4 }\n      - { name: spare, template: h100-70b }']);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:11:64  regions[0].pools[0].nodes
          the size is given twice, by instances and nodes — keep one
      desk.yaml:12:9  regions[0].pools[1]
          has no size — write one of instances, accelerators or nodes

      2 problems; nothing was simulated."
    `);
  });

  test('accelerators that are no whole number of instances', () => {
    expect(told(changed(['instances: 8', 'accelerators: 30']))).toMatchInlineSnapshot(`
      "desk.yaml:11:57  regions[0].pools[0].accelerators
          30 accelerators hold 7 instances of 4; 2 would be left over — write 28 or 32

      1 problem; nothing was simulated."
    `);
  });

  test('groups that are too large, uneven or unknown', () => {
    const pool = (name: string, group: number) =>
      `      - { name: ${name}, template: h100-70b, layout: { tensorParallel: ${group} }, instances: 1 }\n`;
    const text = changed(['workloads:', `${pool('large', 16)}${pool('uneven', 3)}workloads:`]);
    expect(told(text)).toMatchInlineSnapshot(`
      "desk.yaml:12:70  regions[0].pools[1].layout.tensorParallel
          16 accelerators are more than the 8 of a node of h100-sxm — possible here: 1, 2, 4, 8
      desk.yaml:13:71  regions[0].pools[2].layout.tensorParallel
          3 accelerators cannot share the 64 query and 8 KV heads of llama-3.1-70b — possible here: 1, 2, 4, 8

      2 problems; nothing was simulated."
    `);
  });

  test('number formats that the accelerator does not compute', () => {
    expect(told(changed(['weights: fp8', 'weights: fp4, kv: fp4']))).toMatchInlineSnapshot(`
      "desk.yaml:5:69  templates.h100-70b.weights
          h100-sxm has no fp4 arithmetic — it has bf16, fp8
      desk.yaml:5:78  templates.h100-70b.kv
          there are no figures for a KV cache in fp4 on h100-sxm — there are for bf16, fp8

      2 problems; nothing was simulated."
    `);
  });

  test('a step too small for its batch', () => {
    const engine = 'layout: { tensorParallel: 4 }, engine: { maxNumSeqs: 512, maxNumBatchedTokens: 256 }';
    expect(told(changed(['layout: { tensorParallel: 4 }', engine]))).toMatchInlineSnapshot(`
      "desk.yaml:5:153  templates.h100-70b.engine.maxNumBatchedTokens
          maxNumBatchedTokens 256 is below maxNumSeqs 512: a step could not serve all that run — raise it, or lower maxNumSeqs

      1 problem; nothing was simulated."
    `);
  });
});
