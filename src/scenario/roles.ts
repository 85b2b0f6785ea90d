import type { Dtype } from '../sim/profiles.ts';
import type { Draft, PoolEntry } from './draft.ts';
import { finding } from './draft.ts';
import type { Finding } from './explain.ts';
import type { EngineInput } from './schema.ts';

/** What is wrong with the roles of the pools: prefill and decode pools work in pairs. */
export function roleFindings(draft: Draft): Finding[] {
  const pools = draft.pools.map((entry) => partOf(entry, draft));
  return pools.flatMap((pool) => [
    ...strayLink(pool),
    ...strayPrompts(pool),
    ...missingPartner(pool, pools, draft.everyPool),
    ...formats(pool, pools),
    ...drafts(pool, pools),
  ]);
}

interface Part {
  readonly entry: PoolEntry;
  readonly role: 'mixed' | 'prefill' | 'decode';
  /** Of the pool or its template; undefined where neither says, or the template is wrong. */
  readonly model: string | undefined;
  readonly kv: Dtype;
  /** What guesses tokens with a KV cache of its own, if anything does. */
  readonly draft: string | undefined;
}

function partOf(entry: PoolEntry, { templates }: Draft): Part {
  const { role, model, kv, template, engine } = entry.value;
  const base = template === undefined ? undefined : templates.get(template);
  return {
    entry,
    role,
    model: model ?? base?.model,
    kv: kv ?? base?.kv ?? 'bf16',
    draft: draftName(engine?.speculation ?? base?.engine?.speculation),
  };
}

/** The same for drafts whose KV caches are of one shape. */
function draftName(speculation: EngineInput['speculation']): string | undefined {
  if (speculation === undefined || speculation.draftTokens === 0 || speculation.kind === 'ngram') return undefined;
  const { kind, model = '?', draftLayers = 1 } = speculation;
  return kind === 'model' ? model : `${kind} of ${draftLayers} ${draftLayers === 1 ? 'layer' : 'layers'}`;
}

function strayLink({ entry, role }: Part): Finding[] {
  if (role === 'prefill' || entry.value.kvLink === undefined) return [];
  const sentence = `only a prefill pool sends its KV cache away, and this pool is ${role}`;
  return [finding([...entry.path, 'kvLink'], `${sentence} — remove kvLink, or write role: prefill`)];
}

function strayPrompts({ entry, role }: Part): Finding[] {
  if (role === 'decode' || entry.value.localPrefillTokens === undefined) return [];
  const sentence = `only a decode pool leaves prompts to others, and this pool is ${role}`;
  return [
    finding([...entry.path, 'localPrefillTokens'], `${sentence} — remove localPrefillTokens, or write role: decode`),
  ];
}

/** @param everyPool nothing was left out of `pools` */
function missingPartner({ entry, role, model }: Part, pools: readonly Part[], everyPool: boolean): Finding[] {
  if (role === 'mixed' || model === undefined || !everyPool) return [];
  if (pools.some((pool) => pool.model === undefined)) return [];
  const partner = role === 'prefill' ? 'decode' : 'prefill';
  if (pools.some((pool) => pool.role === partner && pool.model === model)) return [];
  const missing =
    role === 'prefill'
      ? `no pool decodes what this one has prefilled of "${model}"`
      : `no pool prefills "${model}" for this one to decode`;
  return [finding([...entry.path, 'role'], `${missing} — add a pool of it with role: ${partner}`)];
}

function formats({ entry, role, model, kv }: Part, pools: readonly Part[]): Finding[] {
  if (role !== 'prefill' || model === undefined) return [];
  const other = pools.find((pool) => pool.role === 'decode' && pool.model === model && pool.kv !== kv);
  if (other === undefined) return [];
  const sentence = `its KV cache is in ${kv}, that of pool "${other.entry.value.name}", which decodes, in ${other.kv}`;
  return [finding(entry.path, `${sentence} — write the same \`kv\` for both`)];
}

/** The KV cache of the prompts that a draft guesses from is computed and sent where the prompts are. */
function drafts({ entry, role, model, draft }: Part, pools: readonly Part[]): Finding[] {
  if (role !== 'prefill' || model === undefined) return [];
  const other = pools.find((pool) => pool.role === 'decode' && pool.model === model && pool.draft !== draft);
  if (other === undefined) return [];
  const [here, there] = [draft, other.draft].map((name) => name ?? 'no draft');
  const sentence = `it reads prompts for ${here}, and pool "${other.entry.value.name}", which decodes what it sends, guesses with ${there}`;
  return [finding(entry.path, `${sentence} — write the same \`speculation\` for both`)];
}
