import * as z from "zod";
import { fingerprintOf } from "./fingerprint.ts";
import { sortedUnique } from "../order.ts";
import { utc } from "../utc.ts";

/**
 * Roots under which workloads may still have certificates. Until those are renewed they stay trusted; and istiod, while it runs, takes in
 * other roots only beside those that it has (its `handleEvent`, which wants one bundle to hold the other).
 */
export interface FormerRoots {
  /** PEM. */
  rootCertificates: string[];
  /** When another root took their place, in UTC. */
  since: string;
}

export const formerRoots: z.ZodType<FormerRoots> = z.object({
  rootCertificates: z.array(z.string()).min(1),
  since: z.iso.datetime(),
});

const HOUR = 3_600_000;

/**
 * Decides which roots of before stay trusted.
 * @param roots in place from now on, PEM.
 * @param last the ones that were in place until now, PEM, and those before them.
 * @param hours how long a workload's certificate may serve.
 * @returns left out when there are none; and a note when some are dropped.
 */
export function keepFormer(
  roots: readonly string[],
  last: { roots: readonly string[]; former?: FormerRoots },
  hours: number,
  now: Date,
): { former?: FormerRoots; notes: string[] } {
  const { former } = last;
  const displaced = last.roots.filter((root) => !roots.includes(root));
  if (displaced.length > 0) {
    const before = former?.rootCertificates.filter((root) => !roots.includes(root)) ?? [];
    return {
      former: { rootCertificates: sortedUnique([...displaced, ...before]), since: utc(now) },
      notes: [],
    };
  }
  if (former === undefined) return { notes: [] };
  if (now.getTime() < Date.parse(former.since) + hours * HOUR) return { former, notes: [] };
  const gone = former.rootCertificates.map(fingerprintOf).join(", ");
  return { notes: [`what was the root until ${former.since} is trusted no more here: SHA-256 ${gone}`] };
}
