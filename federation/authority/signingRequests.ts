import * as z from "zod";
import type { RootedCluster } from "../config/rootStack.ts";
import { type Fault, FaultsError, describeFault, pathOf, settingCommand } from "../core/fault.ts";
import { mapRecord, ownValue, sortedRecord } from "../core/order.ts";
import type { StackKind } from "../core/stackKind.ts";
import { messageOf } from "../core/text.ts";
import { commonTrustNotes } from "../trust/commonTrust.ts";
import { type CertificateRequest, keyFingerprint, parseRequest, requestFaults } from "../x509/request.ts";

/** Output `certificateRequest` of a cluster's stack, not yet validated; or why there is none. */
export type RequestReading = { request: unknown; kind?: StackKind | undefined } | { pending: string };

const output = z.record(z.string(), z.string());

/** Parses the stack output `certificateRequests`; empty where it does not fit the schema. */
export function readSigningRequests(value: unknown): Record<string, string> {
  return output.safeParse(value).data ?? {};
}

/**
 * Decides which requests a shared root signs. A request signed before stays when its stack is unreachable or destroyed, so that a running
 * cluster keeps its certificate.
 * @param readings by cluster name; none for a cluster whose stack could not be read.
 * @param last requests that this stack's last update signed, PEM by cluster name.
 * @returns requests to sign, PEM by cluster name, sorted; a warning for each cluster without one; notes on new keys and on
 *   trust domains that clusters share.
 * @throws FaultsError with all faults of all first requests; a fault of a request that replaces a valid one is a warning.
 */
export function decideSigningRequests(
  clusters: Readonly<Record<string, RootedCluster>>,
  readings: Readonly<Record<string, RequestReading>>,
  last: Readonly<Record<string, string>>,
): { requests: Record<string, string>; warnings: string[]; notes: string[] } {
  const decisions = Object.entries(clusters).map(([name, cluster]) =>
    decide(name, cluster, ownValue(readings, name), ownValue(last, name)),
  );
  const faults = decisions.flatMap((decision) => decision.faults);
  if (faults.length > 0) throw new FaultsError("What the clusters ask to be signed", faults);
  return {
    requests: mapRecord(sortedRecord(decisions.map((each) => [each.name, each])), ({ pem }) => pem),
    warnings: decisions.flatMap(({ warnings }) => warnings),
    notes: [
      ...decisions.flatMap(({ notes }) => notes),
      ...commonTrustNotes(mapRecord(clusters, ({ trustDomain }) => trustDomain)),
    ],
  };
}

interface RequestDecision {
  name: string;
  /** Request to sign. */
  pem: string | undefined;
  faults: Fault[];
  warnings: string[];
  notes: string[];
}

function decide(
  name: string,
  cluster: RootedCluster,
  reading: RequestReading | undefined,
  last: string | undefined,
): RequestDecision {
  const none = { name, pem: undefined, faults: [], warnings: [], notes: [] };
  const before = last === undefined ? undefined : validate(last, cluster.trustDomain);
  const kept = before === undefined || "rules" in before ? undefined : last;
  if (reading === undefined || "pending" in reading) {
    const fate = last === undefined ? "" : `. ${STAYS}`;
    const faults =
      before !== undefined && "rules" in before ? before.rules.map((rule) => fault(name, rule)) : [];
    // A stack that could not be read is a fault already.
    const warnings =
      reading === undefined ? [] : [`Cluster ${name} has no signing request: ${reading.pending}${fate}`];
    return { ...none, pem: kept, faults, warnings };
  }
  const { faults, notes } = validateRequest(name, cluster, reading.request, last);
  if (faults.length === 0) return { ...none, pem: reading.request as string, notes };
  // A request of one cluster must not keep the others from being signed.
  if (kept !== undefined && isExpected(kept, cluster))
    return {
      ...none,
      pem: kept,
      warnings: faults.map((found) => `Not signed: ${describeFault(found)} ${STAYS}`),
    };
  return { ...none, faults };
}

const STAYS = "Its last certificate is kept";

/** Whether a request that was signed before has the key that the config names, if it names one. */
function isExpected(pem: string, { key }: RootedCluster): boolean {
  return key === undefined || knownKey(pem) === key;
}

function validateRequest(
  name: string,
  cluster: RootedCluster,
  request: unknown,
  last: string | undefined,
): Pick<RequestDecision, "faults" | "notes"> {
  const found = validate(request, cluster.trustDomain);
  if ("rules" in found) return { faults: found.rules.map((rule) => fault(name, rule)), notes: [] };
  return validateKey(name, keyFingerprint(found.request), last, cluster);
}

/** Parses and validates a request; returns it, or the rules that it breaks. */
function validate(
  value: unknown,
  trustDomain: string,
): { request: CertificateRequest } | { rules: string[] } {
  if (typeof value !== "string") return { rules: ["is no text"] };
  try {
    const request = parseRequest(value);
    const rules = requestFaults(request, trustDomain);
    return rules.length > 0 ? { rules } : { request };
  } catch (error) {
    return { rules: [messageOf(error)] };
  }
}

/** Quotes no request: the text could be a key, published by mistake. */
function fault(cluster: string, rule: string): Fault {
  const path = pathOf("rootAuthority", "clusters", cluster, "certificateRequest");
  const remedy =
    "Correct the cluster's trustDomain here, have its team check its stack's outputs, or remove the cluster from the list";
  return { path, rule, remedy };
}

/** Validates that the key is the pinned or configured one. Whoever has an intermediate's key can be any workload of the cluster. */
function validateKey(
  name: string,
  key: string,
  last: string | undefined,
  { key: configured, trustDomain }: RootedCluster,
): Pick<RequestDecision, "faults" | "notes"> {
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
      ? `cluster ${name} requests its first certificate, for trust domain ${trustDomain}: its key has SHA-256 ${key}`
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
