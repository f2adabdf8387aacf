import * as z from "zod";
import type { Fault } from "../fault.ts";
import { valueAt } from "../schema.ts";

/** Where Helm values of istiod say how long workloads' certificates serve: what proxies ask for, and what they get that do not ask. */
const SETTINGS = [
  ["meshConfig", "defaultConfig", "proxyMetadata", "SECRET_TTL"],
  ["env", "DEFAULT_WORKLOAD_CERT_TTL"],
];

/** As Go writes a duration: `24h`, `1h30m`. */
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

const authority = z.object({
  workloadCertificateHours: z.number().optional(),
  rotation: z.object({ phase: z.string() }).optional().catch(undefined),
});

const PATH = "certificateAuthority.workloadCertificateHours";

/**
 * A workload's certificate must not outlive what the rotation of a root waits for: it would be refused for the rest of its life.
 * @param raw the config's `certificateAuthority`, unchecked; `istio` likewise.
 * @param byDefault hours where the config says nothing.
 */
export function judgeCertificateLife(raw: unknown, istio: unknown, byDefault: number): Fault[] {
  const { workloadCertificateHours: hours = byDefault, rotation } = authority.safeParse(raw ?? {}).data ?? {};
  if (hours === 0) {
    if (rotation?.phase === "drop") return [];
    const rule = "is 0, which is for the step that drops a root, when all workloads are restarted";
    return [{ path: PATH, value: hours, rule, remedy: "Leave it out, or write how long they serve" }];
  }
  return SETTINGS.flatMap((keys) => {
    const value = valueAt(istio, ["values", "istiod", ...keys]);
    const seconds = typeof value === "string" ? secondsIn(value) : undefined;
    if (seconds === undefined || seconds <= Math.ceil(hours * 3600)) return [];
    return [
      {
        path: PATH,
        value: hours,
        rule: `is shorter than ${keys.at(-1)} in istio.values.istiod, ${String(value)}: a root could be dropped while certificates under it serve`,
        remedy: `Write ${Math.ceil(seconds / 3600)}`,
      },
    ];
  });
}

function secondsIn(duration: string): number | undefined {
  if (!DURATION.test(duration)) return undefined;
  const parts = duration.matchAll(/([\d.]+)([a-z]+)/g);
  return [...parts].reduce((sum, [, count, unit = ""]) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}
