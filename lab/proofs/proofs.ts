import { CLUSTERS, type LabCluster } from "../clusters.ts";
import { allowedCall, plaintextRefused, unofferedRefused } from "./calls.ts";
import { keysOutOfReach } from "./contractStack.ts";
import { forgeryBelieved, forgeryRefused, forgerOf } from "./forgery.ts";
import { GATEWAY_PORT } from "./gateway.ts";
import {
  globalHostOf,
  identityOf,
  meshHostOf,
  partyIn,
  partyNamed,
  type Party,
  type Proof,
} from "./proof.ts";
import { unexportedRefused } from "./unexported.ts";

/** All claims about a federation of clusters with domains of their own: each cluster calls each other. */
export function allProofs(clusters: readonly LabCluster[] = CLUSTERS): Proof[] {
  const callsBetween = (here: LabCluster, there: LabCluster): Proof[] => {
    const [caller, exported, internal] = [partyIn(here, true), partyIn(there, true), partyIn(there, false)];
    return [
      allowedCall(caller, exported, "an exported service can be called, and sees its caller's identity"),
      unexportedRefused(caller, internal, exported, `${there.network}.0.3`),
      ...listenersOf(exported, there).flatMap(([endpoint, listener]) => [
        plaintextRefused(caller, exported, endpoint, listener),
        forgeryRefused(forgerOf(caller), exported, identityOf(exported), endpoint, listener),
      ]),
    ];
  };
  return [
    ...clusters.flatMap((here) =>
      clusters.filter((there) => there !== here).flatMap((there) => callsBetween(here, there)),
    ),
    ...clusters.map((cluster) => calledAtHome(partyIn(cluster, true), partyIn(cluster, false))),
    ...clusters.flatMap((here) =>
      clusters.filter((there) => there !== here).map((there) => keysOutOfReach(there, here)),
    ),
    ...clusters.map(({ name }) => unchanged(name)),
  ];
}

/**
 * All claims about a federation of clusters with one domain: each has the same services, under one name at home and another one at
 * the peer, and no authority speaks for the other's workloads. The first two clusters are checked.
 */
export function equalDomainsProofs(clusters: readonly LabCluster[]): Proof[] {
  const [one, two] = clusters as [LabCluster, LabCluster];
  return [
    ...callsBetweenEquals(one, two),
    ...callsBetweenEquals(two, one),
    ...[one, two].flatMap(callsWithin),
    ...clusters.map(({ name }) => unchanged(name)),
  ];
}

/** Claims about the calls from one cluster to another that has the same domain and services. */
export function callsBetweenEquals(here: LabCluster, there: LabCluster): Proof[] {
  const [own, peer] = [sideOf(here), sideOf(there)];
  return [
    allowedCall(
      own.sleep,
      peer.httpbin,
      "a peer's service is called by its name in the peer's mesh domain, and sees its caller's identity",
      meshHostOf(peer.httpbin),
    ),
    unofferedRefused(own.sleep, peer.internal, meshHostOf(peer.internal), peer.httpbin, peer.gateway),
    plaintextRefused(own.sleep, peer.httpbin, peer.gateway, "the gateway"),
    ...listenersOf(peer.httpbin, there).map(([endpoint, listener]) =>
      forgeryRefused(forgerOf(own.sleep), peer.httpbin, identityOf(peer.sleep), endpoint, listener),
    ),
  ];
}

/** Claims about the calls within a cluster whose peers have the same domain and services. */
export function callsWithin(cluster: LabCluster): Proof[] {
  const own = sideOf(cluster);
  return [staysLocal(own), calledAtHome(own.sleep, own.internal)];
}

/**
 * All claims about replicated control planes: two clusters with one domain and one root, whose services have global names.
 *
 * @param stacks for a second `pulumi up`.
 */
export function replicatedProofs(clusters: readonly LabCluster[], stacks: readonly string[]): Proof[] {
  const callsBetween = (own: Side, peer: Side): Proof[] => [
    allowedCall(
      own.sleep,
      peer.httpbin,
      "a peer's service is called by its global name, and sees its caller's identity",
      globalHostOf(peer.httpbin),
    ),
    staysLocal(own),
    unofferedRefused(own.sleep, peer.internal, globalHostOf(peer.internal), peer.httpbin, peer.gateway),
    plaintextRefused(own.sleep, peer.httpbin, peer.gateway, "the gateway"),
    forgeryBelieved(own.sleep, peer.httpbin, peer.gateway),
  ];
  const [one, two] = clusters.map(sideOf) as [Side, Side];
  return [...callsBetween(one, two), ...callsBetween(two, one), ...stacks.map(unchanged)];
}

/** Workloads and gateway of a cluster that has the same services as its peers. */
export interface Side {
  /** Caller. */
  readonly sleep: Party;
  /** Exported service. */
  readonly httpbin: Party;
  /** Service that is not exported. */
  readonly internal: Party;
  /** `address:port` of the east-west gateway. */
  readonly gateway: string;
}

/** The side of a cluster that has the same services as its peers. */
export function sideOf(cluster: LabCluster): Side {
  return {
    sleep: partyNamed(cluster, "sleep"),
    httpbin: partyNamed(cluster, "httpbin"),
    internal: partyNamed(cluster, "internal"),
    gateway: `${cluster.network}.0.3:${GATEWAY_PORT}`,
  };
}

/** A stack that is up to date stays unchanged. */
export function unchanged(name: string): Proof {
  return {
    claim: "a second `pulumi up` changes nothing",
    caller: "pulumi up",
    callee: `stack ${name}`,
    run: async ({ stacks }) => {
      const stack = stacks.find((candidate) => candidate.name === name);
      if (stack === undefined) throw new Error(`there is no stack ${name}`);
      await stack.up({ expectNoChanges: true });
      return { passed: true, status: "no change" };
    },
  };
}

/** The endpoints of a workload that take mutual TLS, and their names. */
export function listenersOf(party: Party, { network }: LabCluster): readonly (readonly [string, string])[] {
  return [
    [`${party.address}:${party.port}`, "the sidecar"],
    [`${network}.0.3:${GATEWAY_PORT}`, "the gateway"],
  ];
}

/** The counterpart of a refusal: the refused service works for its own cluster. */
function calledAtHome(from: Party, to: Party): Proof {
  return allowedCall(from, to, "a service that is not exported can be called in its own cluster");
}

function staysLocal({ sleep, httpbin }: Side): Proof {
  return allowedCall(sleep, httpbin, "a call of a service by its local name stays in the cluster");
}
