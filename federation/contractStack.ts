import { X509Certificate } from "node:crypto";
import { readSharedRootOutputs } from "./authority/shared.ts";
import { validateSharedRoots } from "./authority/sharedCertificates.ts";
import type { ContractStackConfig } from "./config/contractStack.ts";
import type { NotifyTarget } from "./config/notify.ts";
import { type Contract, parseContract } from "./contract/contract.ts";
import type { ValidSignature } from "./contract/signature.ts";
import { signerFaults } from "./contract/signer.ts";
import { type Fault, FaultsError, within } from "./core/fault.ts";
import type { Findings } from "./core/findings.ts";
import { valueAt } from "./core/schema.ts";
import { stackKind } from "./core/stackKind.ts";
import { quote } from "./core/text.ts";
import type { PublishedContract } from "./imports/registration.ts";
import { type Reading, required } from "./snapshot.ts";

/** Outputs that a contract stack publishes: those of a cluster's and of a shared root's stack that other stacks read, and none is secret. */
export const PUBLIC_OUTPUTS = [
  "federation",
  "trustAnchors",
  "certificateRequest",
  "rootCertificates",
  "signedCertificates",
] as const;

type PublicOutputs = Partial<Record<(typeof PUBLIC_OUTPUTS)[number], unknown>>;

/** Outputs of the stack that a contract stack publishes, not yet validated; or why there are none. */
export type SourceReading =
  | {
      outputs: PublicOutputs;
      /** Output `federation`; undefined of a shared root, and of a cluster that waits for its certificate. */
      contract: PublishedContract | undefined;
      /** {@link PUBLIC_OUTPUTS} that are secret, or have something secret in them. */
      secrets: readonly string[];
      /** Output `contractOf`, which contract stacks alone have. */
      contractOf: unknown;
    }
  | { pending: string };

/** Everything that the plan of a contract stack needs. */
export interface ContractStackSnapshot {
  now: Date;
  /** Outputs of this stack as its last update left them; empty before the first one. */
  outputs: Reading<Readonly<Record<string, unknown>>>;
  /** Output `federation` of these; undefined where there is none. */
  published: PublishedContract | undefined;
  source: Reading<SourceReading>;
}

/** Plan of a contract stack. */
export interface ContractStackPlan {
  kind: "contract";
  /** Outputs of the stack. */
  outputs: PublicOutputs & Pick<ContractStackConfig, "contractOf">;
  /** Places that are told of a new contract. */
  notify: readonly NotifyTarget[];
}

/**
 * Plans what a contract stack publishes: its source's public outputs as they are, or its own last ones where the source has none.
 * @returns undefined when there is a fault.
 */
export function planContractStack(
  { contractOf, notify }: ContractStackConfig,
  snapshot: ContractStackSnapshot,
  findings: Findings,
): ContractStackPlan | undefined {
  const own = required(snapshot.outputs, findings);
  const source = required(snapshot.source, findings);
  if (own === undefined || source === undefined) return undefined;
  findings.fault(...ownFaults(contractOf, own));
  if (findings.faults.length > 0) return undefined;
  const kept = publicOutputs(own);
  if ("pending" in source) {
    const stays = Object.keys(kept).length === 0 ? "Nothing is published" : "What was published stays";
    findings.warn(`${stays}: ${source.pending}`);
    return { kind: "contract", outputs: { ...kept, contractOf }, notify };
  }
  const { contract, outputs } = source;
  findings.fault(
    ...sourceFaults(contractOf, source),
    ...rootFaults(contractOf, outputs, snapshot.now),
    ...(contract === undefined ? [] : publishedFaults(contract, snapshot)).map((fault) =>
      within(`contract of stack ${contractOf}`, fault),
    ),
  );
  const isNewRoot = contract !== undefined && !hasCommonRoot(contract, snapshot.published);
  if (isNewRoot)
    findings.warn(
      `Contract of stack ${contractOf} has none of the roots that this stack has published: its peers refuse it until their teams accept the new fingerprint`,
    );
  const isWithdrawn = contract === undefined && kept.federation !== undefined;
  if (isWithdrawn)
    findings.warn(
      `Stack ${contractOf} has no contract any more: the last one stays published. \`pulumi destroy\` of this stack withdraws it`,
    );
  if (findings.faults.length > 0) return undefined;
  // Readers of a contract whose cluster seems to trust nobody would hold up the rotation of their roots.
  const { federation, trustAnchors } = kept;
  const published = isWithdrawn ? { trustAnchors, ...outputs, federation } : outputs;
  return { kind: "contract", outputs: { ...publicOutputs(published), contractOf }, notify };
}

function publicOutputs(outputs: Readonly<Record<string, unknown>>): PublicOutputs {
  const given = PUBLIC_OUTPUTS.filter((name) => outputs[name] !== undefined && outputs[name] !== null);
  return Object.fromEntries(given.map((name) => [name, outputs[name]]));
}

/** A stack that was a cluster's or a shared root's has its keys in its history, and the update would delete what they are for. */
function ownFaults(value: string, own: Readonly<Record<string, unknown>>): Fault[] {
  if (stackKind(Object.keys(own)) !== "keys") return [];
  const rule =
    "is in the config of a stack that holds keys: its update would delete the cluster or the root, and readers could have the keys";
  return [{ path: "contractOf", value, rule, remedy: "Make a new stack for the contract" }];
}

function sourceFaults(
  stack: string,
  { secrets, contractOf }: Exclude<SourceReading, { pending: string }>,
): Fault[] {
  const path = "contractOf";
  if (contractOf !== undefined) {
    const rule = `is a contract stack itself, of ${quote(contractOf)}`;
    return [{ path, value: stack, rule, remedy: "Name the stack of the cluster, or of the shared root" }];
  }
  return secrets.map((name) => ({
    path,
    value: stack,
    rule: `has the output \`${name}\`, which is secret, and this stack would publish it`,
    remedy: "Run `pulumi up` on that stack with this program, whose public outputs are not secret",
  }));
}

/** Validates what a shared root publishes as the clusters under it do. */
function rootFaults(stack: string, outputs: PublicOutputs, now: Date): Fault[] {
  const { rootCertificates, signedCertificates } = outputs;
  if (rootCertificates === undefined && signedCertificates === undefined) return [];
  const path = `outputs of stack ${stack}`;
  const remedy = "Run `pulumi up` on that stack with this version of the program";
  const read = readSharedRootOutputs(outputs);
  if (read === undefined)
    return [{ path, rule: "have no list of roots, or no certificates by the clusters' names", remedy }];
  const pins = { stack, configured: undefined, known: undefined };
  return validateSharedRoots(read.rootCertificates, pins, now).map(({ rule }) => ({ path, rule, remedy }));
}

/** Validates by the rules of its readers what is about to be published, and that it is no older one. */
function publishedFaults(
  { contract: given, signature }: PublishedContract,
  { now, published }: ContractStackSnapshot,
): Fault[] {
  if ("fault" in signature) return [signature.fault];
  let contract: Contract;
  try {
    contract = parseContract(given, "the contract");
  } catch (error) {
    if (error instanceof FaultsError) return [...error.faults];
    throw error;
  }
  const { trustDomain, rootCertificates, signingKey } = contract;
  const roots = rootCertificates.map((pem) => new X509Certificate(pem));
  return [
    ...signerFaults(signature, trustDomain, { roots, signingKey }, now),
    ...identityFaults(contract, published),
    ...revisionFaults(contract, signature, published),
  ];
}

/** Finds another cluster than the published one: a running cluster keeps these fields. */
function identityFaults(contract: Contract, published: PublishedContract | undefined): Fault[] {
  return (["cluster", "clusterDomain", "trustDomain"] as const).flatMap((path): Fault[] => {
    const last = valueAt(published?.contract, [path]);
    if (typeof last !== "string" || last === contract[path]) return [];
    const rule = `is another one than ${quote(last)}, whose contract this stack has published`;
    const remedy =
      "Name that cluster's stack in contractOf, and make another contract stack for this one. If the cluster was rebuilt, run `pulumi destroy` on this stack, then `pulumi up`";
    return [{ path, value: contract[path], rule, remedy }];
  });
}

/** Whether a contract has a root that was published; true before the first one. */
function hasCommonRoot(contract: PublishedContract, published: PublishedContract | undefined): boolean {
  const rootsOf = (of: PublishedContract | undefined): unknown[] => {
    const roots = valueAt(of?.contract, ["rootCertificates"]);
    return Array.isArray(roots) ? roots : [];
  };
  const known = rootsOf(published);
  return known.length === 0 || rootsOf(contract).some((root) => known.includes(root));
}

function revisionFaults(
  { revision }: Contract,
  { digest }: ValidSignature,
  published: PublishedContract | undefined,
): Fault[] {
  const last = revisionOf(published?.contract);
  if (published === undefined || last === undefined || "fault" in published.signature) return [];
  if (revision > last || published.signature.digest === digest) return [];
  const rule =
    revision < last
      ? `is lower than ${last}, which this stack has published`
      : "is that of the contract which this stack has published, with other content";
  const remedy =
    "Restore the newest state of the cluster's stack. If the cluster was rebuilt, run `pulumi destroy` on this stack, then `pulumi up`, and tell the peers' teams, who have to accept its contract";
  return [
    {
      path: "revision",
      value: revision,
      rule: `${rule}: the cluster was rebuilt, or its state is an older one`,
      remedy,
    },
  ];
}

/** Returns the revision of a contract that is not validated; undefined when it has none. */
export function revisionOf(contract: unknown): number | undefined {
  const revision = valueAt(contract, ["revision"]);
  return typeof revision === "number" ? revision : undefined;
}
