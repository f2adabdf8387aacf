import * as z from "zod";
import type { RootedCluster } from "../config/rootStack.ts";
import { type Fault, FaultsError, describeFault, pathOf, settingCommand } from "../core/fault.ts";
import { ownValue, sortedRecord } from "../core/order.ts";
import { noteCommonTrust } from "../trust/commonTrust.ts";
import { type CertificateRequest, keyFingerprint, parseRequest, requestFaults } from "../x509/request.ts";

/** What reading a cluster's stack gave: its output `certificateRequest`, not yet checked, or why there is none. */
export type RequestReading = { request: unknown } | { pending: string };

const output = z.record(z.string(), z.string());

/** Reads the stack output `certificateRequests`; none where it does not fit. */
export function readSigningRequests(value: unknown): Record<string, string> {
  return output.safeParse(value).data ?? {};
}

/**
 * Judges what clusters ask a shared root to sign. A request that was signed before stays when it cannot be had any more: a stack that is
 * away, or destroyed, takes no certificate from a running cluster.
 * @param readings by the cluster's name.
 * @param last requests that this stack's last update signed, PEM, likewise.
 * @returns the requests to sign, PEM by the cluster's name, sorted; a warning for each cluster without one, and notes on
 *   keys that are new and on who can speak for whom.
 * @throws FaultsError with every fault of every request that comes first; one that is to take the place of a good one is a warning.
 */
export function judgeSigningRequests(
  clusters: Readonly<Record<string, RootedCluster>>,
  readings: Readonly<Record<string, RequestReading>>,
  last: Readonly<Record<string, string>>,
): { requests: Record<string, string>; warnings: string[]; notes: string[] } {
  const judged = Object.entries(clusters).map(([name, cluster]) =>
    judge(name, cluster, ownValue(readings, name), ownValue(last, name)),
  );
  const faults = judged.flatMap((judgement) => judgement.faults);
  if (faults.length > 0) throw new FaultsError("What the clusters ask to be signed", faults);
  return {
    requests: sortedRecord(
      judged.flatMap(({ name, pem }) => (pem === undefined ? [] : [[name, pem] as const])),
    ),
    warnings: judged.flatMap(({ warnings }) => warnings),
    notes: [
      ...judged.flatMap(({ notes }) => notes),
      ...noteCommonTrust(
        Object.fromEntries(Object.entries(clusters).map(([name, { trustDomain }]) => [name, trustDomain])),
      ),
    ],
  };
}

interface Judgement {
  name: string;
  pem?: string;
  faults: Fault[];
  warnings: string[];
  notes: string[];
}

function judge(
  name: string,
  cluster: RootedCluster,
  reading: RequestReading | undefined,
  last: string | undefined,
): Judgement {
  const none = { name, faults: [], warnings: [], notes: [] };
  const before = last === undefined ? undefined : readable(last, cluster.trustDomain);
  const kept = before === undefined || "rules" in before ? undefined : last;
  if (reading === undefined || "pending" in reading) {
    const why = reading === undefined ? "its stack was not read" : reading.pending;
    const fate = last === undefined ? "" : `. ${STAYS}`;
    const faults =
      before !== undefined && "rules" in before ? before.rules.map((rule) => fault(name, rule)) : [];
    const warnings = [`Cluster ${name} has no signing request: ${why}${fate}`];
    return { ...none, ...(kept === undefined ? {} : { pem: kept }), faults, warnings };
  }
  const { faults, notes } = judgeRequest(name, cluster, reading.request, last);
  if (faults.length === 0) return { ...none, pem: reading.request as string, notes };
  // What one cluster's team publishes must not keep the others from being served.
  if (kept !== undefined && isExpected(kept, cluster))
    return {
      ...none,
      pem: kept,
      warnings: faults.map((found) => `Not signed: ${describeFault(found)} ${STAYS}`),
    };
  return { ...none, faults };
}

const STAYS = "What was signed for it before stays";

/** Whether a request that was signed before has the key that the config names, if it names one. */
function isExpected(pem: string, { key }: RootedCluster): boolean {
  return key === undefined || knownKey(pem) === key;
}

function judgeRequest(
  name: string,
  cluster: RootedCluster,
  request: unknown,
  last: string | undefined,
): Pick<Judgement, "faults" | "notes"> {
  const found = readable(request, cluster.trustDomain);
  if ("rules" in found) return { faults: found.rules.map((rule) => fault(name, rule)), notes: [] };
  return judgeKey(name, keyFingerprint(found.request), last, cluster);
}

/** @returns the request, or why it is not to be signed. */
function readable(
  value: unknown,
  trustDomain: string,
): { request: CertificateRequest } | { rules: string[] } {
  if (typeof value !== "string") return { rules: ["is no text"] };
  try {
    const request = parseRequest(value);
    const rules = requestFaults(request, trustDomain);
    return rules.length > 0 ? { rules } : { request };
  } catch (error) {
    return { rules: [error instanceof Error ? error.message : String(error)] };
  }
}

/** The request is not quoted: it says nothing to anybody, and could be what should not have been published. */
function fault(cluster: string, rule: string): Fault {
  return {
    path: pathOf("rootAuthority", "clusters", cluster, "certificateRequest"),
    rule,
    remedy:
      "Correct the cluster's trustDomain here, have its team look at what its stack publishes, or take it out of the list",
  };
}

/** Holds a cluster to the key that it first asked with: whoever has an intermediate's key speaks for the cluster. */
function judgeKey(
  name: string,
  key: string,
  last: string | undefined,
  { key: configured, trustDomain }: RootedCluster,
): Pick<Judgement, "faults" | "notes"> {
  const before = last === undefined ? undefined : knownKey(last);
  const expected = configured ?? before;
  if (expected !== undefined && key !== expected) {
    const origin =
      configured === undefined
        ? "and not the one that it first asked with"
        : `and not ${expected}, which is in the config`;
    const change = before === undefined || before === key ? "is SHA-256" : `changes: SHA-256 ${before} ->`;
    const accept = settingCommand(`rootAuthority.clusters.${name}.key`, key);
    const remedy = `Ask the cluster's team for the key's fingerprint by another way than this. If it is right: ${accept}`;
    return { faults: [{ ...fault(name, `key of ${name} ${change} ${key}, ${origin}`), remedy }], notes: [] };
  }
  if (before === key) return { faults: [], notes: [] };
  const note =
    before === undefined
      ? `cluster ${name} asks for the first time, for trust domain ${trustDomain}: its key has SHA-256 ${key}`
      : `key of ${name} changes: SHA-256 ${before} -> ${key}`;
  return { faults: [], notes: [note] };
}

function knownKey(pem: string): string {
  try {
    return keyFingerprint(parseRequest(pem));
  } catch {
    return "(unknown)";
  }
}
