import * as pulumi from "@pulumi/pulumi";
import type { RootSnapshot } from "../federation/authority/rootPlan.ts";
import type { ContractStackConfig } from "../federation/config/contractStack.ts";
import type { RootConfig } from "../federation/config/rootStack.ts";
import {
  type ContractStackSnapshot,
  PUBLIC_OUTPUTS,
  type SourceReading,
  revisionOf,
} from "../federation/contractStack.ts";
import type { ContractStackReading } from "../federation/ownContractStack.ts";
import { type StackKind, stackKind } from "../federation/core/stackKind.ts";
import { SIZE_LIMIT } from "../federation/contract/contract.ts";
import { type Fault, describeFault, pathOf } from "../federation/core/fault.ts";
import type { ReleaseName } from "../federation/core/helmReleases.ts";
import type { ObjectPlace } from "../federation/core/installation.ts";
import { readContractDocument } from "./contractDocuments.ts";
import { type EncodedValue, decodeValue, encodedEntries, hasSecret, invokeEngine } from "./engine.ts";
import { valueAt } from "../federation/core/schema.ts";
import { ownValue } from "../federation/core/order.ts";
import { count, messageOf } from "../federation/core/text.ts";
import type { ContractReading } from "../federation/imports/registration.ts";
import type { RootReading } from "../federation/authority/shared.ts";
import type { RequestReading } from "../federation/authority/signingRequests.ts";
import { readPinnedPeers } from "../federation/trust/pinnedPeer.ts";
import type { Reading } from "../federation/snapshot.ts";
import { hiddenOutputs, stackFailure } from "./stackFailure.ts";

type Outputs = Readonly<Record<string, unknown>>;

/** Answer of the engine when the stack does not exist (pkg/backend/backend.go). */
const UNKNOWN_STACK = /unknown stack/;

/** Outputs of a stack, as far as they were asked for. */
interface StackOutputs {
  values: Outputs;
  /** Outputs of these that are secret, or have something secret in them. */
  secrets: readonly string[];
  /** Kind of the stack, by the names of all its outputs. */
  kind: StackKind | undefined;
}

/** Outputs of a peer's stack that concern other stacks. */
const PEER_OUTPUTS = ["federation", "trustAnchors", "access"];

/** Outputs of the stack of a shared root that its clusters need. */
const ROOT_OUTPUTS = ["rootCertificates", "signedCertificates"];

/**
 * Reads outputs of the last update of a stack of another team. A `StackReference` would fail the whole operation for a stack that does not
 * exist.
 * @param stack a bare name is that of a stack of this project and organization.
 * @param names outputs to read; the others are not decoded.
 * @param path field of the config that names the stack, for the fault.
 * @returns undefined for a stack that does not exist; empty for one without an update.
 */
export async function readOutputs(
  stack: string,
  names: readonly string[],
  path: string,
): Promise<Reading<StackOutputs | undefined>> {
  return readEncoded(stack, path, (outputs, secret) => {
    const asked = [...outputs].filter(([name]) => names.includes(name));
    const large = asked.filter(([, { length }]) => length > SIZE_LIMIT);
    if (large.length > 0) return { faults: large.map((each) => tooLarge(path, stack, each)) };
    const values = decodeOutputs(asked);
    const hidden = secret.filter((name) => isEmptyMap(ownValue(values, name)));
    if (hidden.length > 0)
      return { faults: [{ path, value: fullStackName(stack), ...hiddenOutputs(hidden) }] };
    const secrets = asked.filter(([, value]) => hasSecret(value)).map(([name]) => name);
    return { value: { values, secrets, kind: stackKind(outputs.keys()) } };
  });
}

async function readEncoded<T>(
  stack: string,
  path: string,
  decode: (outputs: ReadonlyMap<string, EncodedValue>, secret: readonly string[]) => Reading<T>,
): Promise<Reading<T | undefined>> {
  const name = fullStackName(stack);
  try {
    const answer = await invokeEngine("pulumi:pulumi:readStackOutputs", { name });
    const [outputs, secret] = [answer.get("outputs"), answer.get("secretOutputNames")];
    return decode(
      outputs === undefined ? new Map<string, EncodedValue>() : encodedEntries(outputs),
      secret === undefined ? [] : (decodeValue(secret) as string[]),
    );
  } catch (error) {
    const message = messageOf(error);
    if (UNKNOWN_STACK.test(message)) return { value: undefined };
    return { faults: [{ path, value: name, ...stackFailure(message, path.startsWith("peers.")) }] };
  }
}

function decodeOutputs(outputs: Iterable<readonly [string, EncodedValue]>): Outputs {
  return Object.fromEntries([...outputs].map(([name, value]) => [name, decodeValue(value)]));
}

function tooLarge(path: string, stack: string, [name, { length }]: readonly [string, EncodedValue]): Fault {
  const rule = `has an output \`${name}\` of ${count(length)} bytes, and ${count(SIZE_LIMIT)} are the most that is read`;
  const remedy = "Ask the team that publishes it for a smaller one, e.g. with fewer exported services";
  return { path, value: fullStackName(stack), rule, remedy };
}

function isEmptyMap(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** Reads this stack's own outputs; empty before its first update. */
export async function readOwnOutputs(): Promise<Reading<Outputs>> {
  const reading = await readEncoded(pulumi.getStack(), "stack", (outputs) => ({
    value: decodeOutputs(outputs),
  }));
  return "value" in reading ? { value: reading.value ?? {} } : reading;
}

/** Reads the outputs of a peer's stack for its peers. */
export async function readPeerStack(peer: string, stack: string): Promise<Reading<ContractReading>> {
  const reading = await readOutputs(stack, PEER_OUTPUTS, pathOf("peers", peer, "stack"));
  if (!("value" in reading)) return reading;
  if (reading.value === undefined) return { value: { pending: noSuchStack(stack) } };
  const { values, kind } = reading.value;
  const { federation, trustAnchors, access } = values;
  if (isThere(federation))
    return { value: { ...(await readContractDocument(federation)), trustAnchors, access, kind } };
  // Without a contract, the stack is new or destroyed: it trusts nobody.
  const pending = noSuchOutput(stack, "federation");
  return { value: { pending, trustAnchors: trustAnchors ?? {}, access, kind } };
}

/** Reads the outputs of the stack of a shared root. */
export async function readSharedRoot(stack: string): Promise<Reading<RootReading>> {
  return valueOf(await readOutputs(stack, ROOT_OUTPUTS, "certificateAuthority.shared.stack"), (found) =>
    found === undefined ? { pending: noSuchStack(stack) } : { outputs: found.values, kind: found.kind },
  );
}

/** Reads the signing request of a cluster's stack, for the stack of a shared root. */
export async function readSigningRequest(cluster: string, stack: string): Promise<Reading<RequestReading>> {
  return valueOf(
    await readOutputs(stack, ["certificateRequest"], pathOf("rootAuthority", "clusters", cluster, "stack")),
    (found): RequestReading => {
      if (found === undefined) return { pending: noSuchStack(stack) };
      const { certificateRequest } = found.values;
      return isThere(certificateRequest)
        ? { request: certificateRequest, kind: found.kind }
        : { pending: noSuchOutput(stack, "certificateRequest") };
    },
  );
}

/** Reads everything that the plan of a shared root needs, in one concurrent pass. */
export async function readRootSnapshot({ rootAuthority: { clusters } }: RootConfig): Promise<RootSnapshot> {
  const requests = Object.entries(clusters).map(
    async ([name, { stack }]) => [name, await readSigningRequest(name, stack)] as const,
  );
  const [outputs, found] = await Promise.all([readOwnOutputs(), Promise.all(requests)]);
  return { now: new Date(), outputs, requests: Object.fromEntries(found) };
}

/** Reads everything that the plan of a contract stack needs, in one concurrent pass. */
export async function readContractStackSnapshot({
  contractOf,
}: ContractStackConfig): Promise<ContractStackSnapshot> {
  const [outputs, source] = await Promise.all([readOwnOutputs(), readSource(contractOf)]);
  const federation = "value" in outputs ? outputs.value["federation"] : undefined;
  const published = isThere(federation) ? await readContractDocument(federation) : undefined;
  return { now: new Date(), outputs, published, source };
}

async function readSource(stack: string): Promise<Reading<SourceReading>> {
  const value = fullStackName(stack);
  if (value === fullStackName(pulumi.getStack())) {
    const remedy = "Name the stack of the cluster, or of the shared root";
    return { faults: [{ path: "contractOf", value, rule: "is this very stack", remedy }] };
  }
  const reading = await readOutputs(stack, [...PUBLIC_OUTPUTS, "contractOf"], "contractOf");
  if (!("value" in reading)) return reading;
  if (reading.value === undefined) return { value: { pending: noSuchStack(stack) } };
  const { values, secrets } = reading.value;
  const { contractOf, ...outputs } = values;
  if (!Object.values(values).some(isThere)) return { value: { pending: noSuchOutput(stack, "federation") } };
  const contract = isThere(outputs["federation"])
    ? await readContractDocument(outputs["federation"])
    : undefined;
  return { value: { outputs, contract, secrets, contractOf: contractOf ?? undefined } };
}

/** Reads what a cluster's contract stack has published. */
export async function readContractStack(stack: string): Promise<ContractStackReading> {
  const reading = await readOutputs(
    stack,
    ["federation", "certificateRequest", "trustAnchors"],
    "contract.stack",
  );
  if (!("value" in reading)) {
    const [fault] = "faults" in reading ? reading.faults : [];
    return { pending: fault === undefined ? noSuchStack(stack) : describeFault(fault) };
  }
  if (reading.value === undefined) return { pending: noSuchStack(stack) };
  const { values, kind } = reading.value;
  const { federation, certificateRequest: request, trustAnchors } = values;
  const trustDomain = valueAt(federation, ["trustDomain"]);
  const pinned = readPinnedPeers(trustAnchors);
  return { revision: revisionOf(federation), trustDomain, request, pinned, kind };
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

const RELEASE_TYPE = "kubernetes:helm.sh/v3:Release";

/** Resources of a stack's state by URN, as the engine returns them. */
type Resources = Record<
  string,
  {
    type: string;
    outputs: {
      name?: unknown;
      namespace?: unknown;
      kind?: unknown;
      metadata?: { name?: unknown; namespace?: unknown };
    };
  }
>;

/** Kubernetes objects and Helm releases of a stack's state. */
export interface StateContent {
  releases: ReleaseName[];
  objects: ObjectPlace[];
}

/**
 * Reads which Helm releases and objects this stack's state has; none of a creation that was interrupted. The engine decrypts and returns
 * the outputs of every resource, so only ask when the cluster has one at all.
 * @returns undefined when the engine cannot read the state.
 */
export async function readState(): Promise<StateContent | undefined> {
  const stackName = fullStackName(pulumi.getStack());
  try {
    const results = await invokeEngine("pulumi:pulumi:readStackResourceOutputs", { stackName });
    const resources = Object.values(decodeValue(results.get("outputs") ?? new Uint8Array()) as Resources);
    return {
      releases: resources.flatMap(({ type, outputs: { name, namespace } }) =>
        type === RELEASE_TYPE && typeof name === "string" && typeof namespace === "string"
          ? [{ namespace, name }]
          : [],
      ),
      objects: resources.flatMap(({ type, outputs: { kind, metadata } }) => {
        if (!type.startsWith("kubernetes:") || typeof kind !== "string") return [];
        const { name, namespace } = metadata ?? {};
        if (typeof name !== "string") return [];
        const place = kind !== "Namespace" && typeof namespace === "string" ? namespace : undefined;
        return [{ kind, namespace: place, name }];
      }),
    };
  } catch {
    return undefined;
  }
}

function valueOf<T, U>(reading: Reading<T>, read: (value: T) => U): Reading<U> {
  return "value" in reading ? { value: read(reading.value) } : reading;
}

function fullStackName(stack: string): string {
  return stack.includes("/") ? stack : `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
}

function noSuchStack(stack: string): string {
  return `stack ${fullStackName(stack)} does not exist in the backend of this run, or you may not read it; run \`pulumi up\` on it, then here`;
}

function noSuchOutput(stack: string, output: string): string {
  return `stack ${fullStackName(stack)} has no output \`${output}\` yet; run \`pulumi up\` on it, then here`;
}
