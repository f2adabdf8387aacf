import * as z from "zod";
import type { RootConfig } from "../config/rootStack.ts";
import { type Fault, isSkipped, pathOf } from "../core/fault.ts";
import type { Findings } from "../core/findings.ts";
import { keysWarning } from "../core/stackKind.ts";
import { mapRecord, ownValue } from "../core/order.ts";
import { type Reading, required } from "../snapshot.ts";
import { certificateReport, expiryWarnings } from "../trust/expiry.ts";
import { subjectOf } from "../x509/certificate.ts";
import { type RequestReading, decideSigningRequests, readSigningRequests } from "./signingRequests.ts";

/** Everything that the plan of a shared root needs, not yet validated. */
export interface RootSnapshot {
  now: Date;
  /** Outputs of this stack as its last update left them; empty before the first one. */
  outputs: Reading<Readonly<Record<string, unknown>>>;
  /** Signing requests, by cluster name. */
  requests: Readonly<Record<string, Reading<RequestReading>>>;
}

/** Plan of a shared root. */
export interface RootPlan {
  kind: "root";
  config: RootConfig;
  /** Validated signing requests, PEM, by cluster name. */
  requests: Readonly<Record<string, string>>;
}

/**
 * Plans which requests a shared root signs.
 * @param skipped faulty entries of the config, which are left out: nothing is reported that follows from these.
 * @returns undefined when there is a fault.
 */
export function planRoot(
  config: RootConfig,
  snapshot: RootSnapshot,
  findings: Findings,
  skipped: readonly string[] = [],
): RootPlan | undefined {
  const { clusters, expiryWarningDays } = config.rootAuthority;
  const { certificateRequests, certificates, rootCertificates } = required(snapshot.outputs, findings) ?? {};
  findings.fault(...rootNameChange(rootCertificates, config));
  const last = readSigningRequests(certificateRequests);
  const readings = mapRecord(snapshot.requests, (reading) => required(reading, findings));
  const decided = findings.attempt(() => decideSigningRequests(clusters, readings, last));
  findings.warn(
    ...expiryWarnings(certificateReport.safeParse(certificates).data ?? {}, expiryWarningDays, snapshot.now),
  );
  findings.warn(
    ...(decided?.warnings ?? []),
    ...Object.entries(readings).flatMap(([name, reading]) =>
      "request" in reading && reading.kind === "keys"
        ? [keysWarning(pathOf("rootAuthority", "clusters", name, "stack"), clusters[name]?.stack ?? "")]
        : [],
    ),
  );
  findings.note(...(decided?.notes ?? []));
  const former = Object.keys(last).filter(
    (name) =>
      ownValue(clusters, name) === undefined && !isSkipped(skipped, "rootAuthority", "clusters", name),
  );
  findings.warn(
    ...former.map(
      (name) =>
        `Cluster ${name} is not in rootAuthority.clusters any more: nothing is signed for it, but its certificate is valid until its end`,
    ),
  );
  if (decided === undefined || findings.faults.length > 0) return undefined;
  return { kind: "root", config, requests: decided.requests };
}

/**
 * Validates that the name of an existing root stays. The root has the name in it, so another name renews the root and all that it signed.
 * @param published the stack's output `rootCertificates`, unchecked; undefined before its first update.
 */
export function rootNameChange(published: unknown, { rootAuthority: { name } }: RootConfig): Fault[] {
  const [root] = certificates.safeParse(published).data ?? [];
  const [, last] = /^O=(.*)$/m.exec(subjectOf(root ?? "")) ?? [];
  if (last === undefined || last === name) return [];
  const rule = `is another than '${last}', which the root has: it would be made anew, and every cluster under it cut off`;
  const remedy = `Write '${last}' again, or make another stack for another root`;
  return [{ path: "rootAuthority.name", value: name, rule, remedy }];
}

const certificates = z.array(z.string());
