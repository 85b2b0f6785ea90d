import { createHash } from 'node:crypto';
import type { RunPlan } from '../sim/plan.ts';

/** The run id is this many hexadecimal digits of the hash: two plans in 2⁴⁸ meet by chance. */
const RUN_ID_DIGITS = 12;

/**
 * Names a run: equal for equal plans and versions, whatever the order of their keys. Paths of files are left out,
 * because moving a file changes no result; the hash of its content is in the plan.
 */
export function planHash(plan: RunPlan, version: string): string {
  const workloads = plan.workloads.map((workload) =>
    workload.file === undefined ? workload : { ...workload, file: { sha256: workload.file.sha256 } },
  );
  return createHash('sha256')
    .update(canonicalJson({ version, plan: { ...plan, workloads } }))
    .digest('hex');
}

/** Folder of a run under results/<scenario>/. */
export function runId(plan: RunPlan, version: string): string {
  return planHash(plan, version).slice(0, RUN_ID_DIGITS);
}

/** JSON with sorted keys and no spaces; keys without a value are left out, as in JSON. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
