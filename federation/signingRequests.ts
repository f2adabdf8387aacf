import * as z from "zod";
import { type Fault, FaultsError, pathOf } from "./fault.ts";
import { ownValue, sortedRecord } from "./order.ts";
import type { RootedCluster } from "./config/rootAuthority.ts";
import { type CertificateRequest, keyFingerprint, readRequest, requestFaults } from "./x509/request.ts";

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
 * @returns the requests to sign, PEM by the cluster's name, sorted; a warning for each cluster without one, and notes on keys that are new.
 * @throws FaultsError with every fault of every request.
 */
export function judgeSigningRequests(
  clusters: Readonly<Record<string, RootedCluster>>,
  readings: Readonly<Record<string, RequestReading>>,
  last: Readonly<Record<string, string>>,
): { requests: Record<string, string>; warnings: string[]; notes: string[] } {
  const judged = Object.entries(clusters).map(([name, { trustDomain }]) =>
    judge(name, trustDomain, ownValue(readings, name), ownValue(last, name)),
  );
  const faults = judged.flatMap((judgement) => judgement.faults);
  if (faults.length > 0) throw new FaultsError("What the clusters ask to be signed", faults);
  return {
    requests: sortedRecord(
      judged.flatMap(({ name, pem }) => (pem === undefined ? [] : [[name, pem] as const])),
    ),
    warnings: judged.flatMap(({ warnings }) => warnings),
    notes: judged.flatMap(({ notes }) => notes),
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
  trustDomain: string,
  reading: RequestReading | undefined,
  last: string | undefined,
): Judgement {
  const none = { name, faults: [], warnings: [], notes: [] };
  if (reading === undefined || "pending" in reading) {
    const why = reading === undefined ? "its stack was not read" : reading.pending;
    const fate = last === undefined ? "" : ". What was signed for it before stays";
    const warnings = [`Cluster ${name} has no signing request: ${why}${fate}`];
    return { ...none, ...(last === undefined ? {} : { pem: last }), warnings };
  }
  const found = readable(reading.request, trustDomain);
  if ("rules" in found) return { ...none, faults: found.rules.map((rule) => fault(name, rule)) };
  const { request } = found;
  return {
    ...none,
    pem: reading.request as string,
    notes: noteKey(name, trustDomain, keyFingerprint(request), last),
  };
}

/** @returns the request, or why it is not to be signed. */
function readable(
  value: unknown,
  trustDomain: string,
): { request: CertificateRequest } | { rules: string[] } {
  if (typeof value !== "string") return { rules: ["is no text"] };
  try {
    const request = readRequest(value);
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

function noteKey(cluster: string, trustDomain: string, key: string, last: string | undefined): string[] {
  if (last === undefined)
    return [
      `cluster ${cluster} asks for the first time, for trust domain ${trustDomain}: its key has SHA-256 ${key}`,
    ];
  const before = knownKey(last);
  return before === key ? [] : [`key of ${cluster} changes: SHA-256 ${before} -> ${key}`];
}

function knownKey(pem: string): string {
  try {
    return keyFingerprint(readRequest(pem));
  } catch {
    return "(unknown)";
  }
}
