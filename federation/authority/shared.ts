import { X509Certificate } from "node:crypto";
import * as z from "zod";
import {
  validateIntermediate,
  validateIntermediateNames,
  validateSharedRoots,
} from "./sharedCertificates.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import { FaultsError } from "../core/fault.ts";
import type { StackKind } from "../core/stackKind.ts";
import { sortedUnique, ownValue } from "../core/order.ts";
import { utc } from "../core/text.ts";
import { fingerprintOf, canonicalCertificate } from "../x509/certificate.ts";
import { parseRequest, requestFaults } from "../x509/request.ts";

export const formerRoots = z.object({
  /** PEM. */
  rootCertificates: z.array(z.string()).min(1),
  /** Time at which another root replaced them, in UTC. */
  since: z.iso.datetime(),
});

/**
 * Former roots, which stay trusted until workloads have renewed their certificates under them. A running istiod accepts a new bundle only if
 * it holds the old one, or the other way round (its `handleEvent`).
 */
export type FormerRoots = z.output<typeof formerRoots>;

const HOUR = 3_600_000;

/**
 * Decides which former roots stay trusted.
 * @param roots from now on, PEM.
 * @param last roots until now, PEM, and those before them.
 * @param hours for which a workload's certificate is valid at most.
 * @returns no former roots when there are none; and a note when some are dropped.
 */
export function keepFormer(
  roots: readonly string[],
  last: { roots: readonly string[]; former?: FormerRoots | undefined },
  hours: number,
  now: Date,
): { former: FormerRoots | undefined; notes: string[] } {
  const { former } = last;
  const displaced = last.roots.filter((root) => !roots.includes(root));
  if (displaced.length > 0) {
    const before = former?.rootCertificates.filter((root) => !roots.includes(root)) ?? [];
    const rootCertificates = sortedUnique([...displaced, ...before]);
    return { former: { rootCertificates, since: utc(now) }, notes: [] };
  }
  if (former === undefined || now.getTime() < Date.parse(former.since) + hours * HOUR)
    return { former, notes: [] };
  const gone = former.rootCertificates.map(fingerprintOf).join(", ");
  const note = `the root in use until ${former.since} is no longer trusted here: SHA-256 ${gone}`;
  return { former: undefined, notes: [note] };
}

/** A cluster that waits for its first certificate; Istio is not installed yet. */
export interface WaitingAuthority {
  waiting: string;
  /** Number of the cluster's key. */
  intermediate: number;
}

/** Certificate authority of the last update. */
export interface LastAuthority {
  /** Certificate signing request, PEM; undefined before the first one. */
  request: string | undefined;
  /** Undefined where the cluster was under no shared root. */
  issued: SharedAuthority | undefined;
  /** Whether the cluster has published a contract, so that workloads and peers rely on it. */
  isRunning: boolean;
  /** Roots in the contract, PEM. */
  roots: readonly string[];
  /** Number of the intermediate's key. */
  intermediate: number;
}

/** Output of the stack of the root, not yet validated; or why there is none. */
export type RootReading =
  { outputs: Readonly<Record<string, unknown>>; kind?: StackKind | undefined } | { pending: string };

/** Schema of {@link SharedAuthority}. */
export const sharedAuthority = z.object({
  /** Intermediate that istiod signs with, PEM. */
  certificate: z.string(),
  /** PEM, as OpenSSL formats it. */
  rootCertificates: z.array(z.string()).min(1),
  /** Number of the certified key, as `requestIntermediate` counts. */
  intermediate: z.int().min(1),
  /** Former roots, own or shared, that are still trusted. */
  former: formerRoots.optional(),
});

/** Certificate of a cluster under a shared root: `lastRun.issued` of the stack outputs, which is public. */
export type SharedAuthority = z.output<typeof sharedAuthority>;

const answer = z.object({
  rootCertificates: z.array(z.string()).min(1).max(10),
  signedCertificates: z.record(z.string(), z.string()),
});

/** Parses what the stack of a shared root publishes for its clusters; undefined where that is not all there. */
export function readSharedRootOutputs(
  outputs: Readonly<Record<string, unknown>>,
): z.output<typeof answer> | undefined {
  return answer.safeParse(outputs).data;
}

/**
 * Decides which certificate a cluster under a shared root runs with: the one signed for its key, else the former one. A cluster
 * that never ran waits.
 * @param reading output of the root's stack.
 * @throws FaultsError when the certificate is not valid, the root is another one, or a running cluster would have no certificate.
 */
export function decideShared(
  {
    cluster,
    certificateAuthority: { shared, workloadCertificateHours: hours },
    istio,
  }: Pick<StackConfig, "cluster" | "certificateAuthority" | "istio">,
  reading: RootReading,
  last: LastAuthority,
  now: Date,
): { authority: SharedAuthority | WaitingAuthority; warnings: string[]; notes: string[] } {
  const { stack = "", roots } = shared ?? {};
  const found = findAnswer(cluster, stack, reading, last.request);
  if ("certificate" in found) {
    const pins = { stack, configured: roots, known: last.issued?.rootCertificates };
    const faults = [
      ...validateSharedRoots(found.rootCertificates, pins, now),
      ...validateIntermediate(found, { stack, cluster, istio }, now),
    ];
    if (faults.length > 0) throw new FaultsError("certificate authority", faults);
    const before = { roots: last.roots, former: last.issued?.former };
    const { former, notes } = keepFormer(found.rootCertificates, before, hours, now);
    const authority = { ...found, intermediate: last.intermediate, former };
    return { authority, warnings: [], notes: [...notesOn(authority, stack, last.issued), ...notes] };
  }
  const { reason } = found;
  if (!last.isRunning) {
    const waiting = `Cluster ${cluster.name} waits for its certificate: ${reason}. Until then only its key and its signing request are made`;
    return { authority: { waiting, intermediate: last.intermediate }, warnings: [waiting], notes: [] };
  }
  if (last.issued !== undefined && certifies(last.issued.certificate, last.request)) {
    const names = validateIntermediateNames(last.issued.certificate, { stack, cluster, istio });
    if (names.length > 0) throw new FaultsError("certificate authority", names);
    const warning = `The last certificate issued for ${cluster.name} is kept: ${reason}`;
    return { authority: last.issued, warnings: [warning], notes: [] };
  }
  const path = "certificateAuthority.shared.stack";
  const rule = `has no certificate for this cluster, which runs and would be left without one: ${reason}`;
  const remedy =
    "Write the source that it had until then, and run `pulumi up`: that publishes its request. Change the source when it is signed";
  throw new FaultsError("certificate authority", [{ path, value: stack, rule, remedy }]);
}

function findAnswer(
  { name, trustDomain }: StackConfig["cluster"],
  stack: string,
  reading: RootReading,
  published: string | undefined,
): { certificate: string; rootCertificates: string[] } | { reason: string } {
  if ("pending" in reading) return { reason: reading.pending };
  const data = readSharedRootOutputs(reading.outputs);
  if (data === undefined)
    return { reason: `stack ${stack} publishes no shared root; run \`pulumi up\` on it, then here` };
  const certificate = ownValue(data.signedCertificates, name);
  // A cluster that waits may still get another trust domain, and asks anew.
  const request = published !== undefined && asksFor(published, trustDomain) ? published : undefined;
  const up = `run \`pulumi up\` on stack ${stack}, then here`;
  if (certificate === undefined) {
    const asked = `its request is published${request === undefined ? " by this update" : ""}`;
    const reason = `${asked}, and stack ${stack} has not signed it; list it there in rootAuthority.clusters, and ${up}`;
    return { reason };
  }
  if (!certifies(certificate, request))
    return { reason: `stack ${stack} has signed another request than it makes; ${up}` };
  const canonical = (pem: string): string => canonicalCertificate(pem) ?? pem;
  return { certificate: canonical(certificate), rootCertificates: data.rootCertificates.map(canonical) };
}

function asksFor(request: string, trustDomain: string): boolean {
  try {
    return requestFaults(parseRequest(request), trustDomain).length === 0;
  } catch {
    return false;
  }
}

/** Whether a certificate is for the key of a request; false when either cannot be parsed. */
function certifies(certificate: string, request: string | undefined): boolean {
  if (request === undefined) return false;
  try {
    return new X509Certificate(certificate).publicKey.equals(parseRequest(request).publicKey);
  } catch {
    return false;
  }
}

function notesOn(authority: SharedAuthority, stack: string, before: SharedAuthority | undefined): string[] {
  const roots = authority.rootCertificates.map(fingerprintOf);
  const known = before?.rootCertificates.map(fingerprintOf) ?? [];
  if (before === undefined)
    return [`the root of stack ${stack} is trusted from now on: SHA-256 ${roots.join(", ")}`];
  const isSame = roots.length === known.length && roots.every((root) => known.includes(root));
  return isSame ? [] : [`root of stack ${stack} changes: SHA-256 ${known.join(", ")} -> ${roots.join(", ")}`];
}
