import { createHash } from "node:crypto";
import type { Brake } from "../../federation/config/peers.ts";
import { sortedRecord } from "../../federation/core/order.ts";
import type { KubeconfigName } from "../../kubernetes/kubeconfig.ts";

/** What `check` passed: all that is to be here of one peer. */
export interface Inputs {
  kubeconfig: KubeconfigName;
  namespace: string;
  peer: string;
  exportTo: string[];
  /** Each as `formatGateway` writes it. */
  gateways: string[];
  /** Gateways of other peers, by the peer's name, for services that these serve too; left out where none does. */
  otherGateways?: Record<string, string[]>;
  /** By host name, each as `formatImport` writes it. */
  services: Record<string, string>;
  /** The other peers of this program: an entry of theirs under a declared name is taken over, as no two declare one name. */
  siblings?: string[];
  /** Names known before that are with a sibling from now on: they are left for it to take over. */
  handedOver?: string[];
}

/** What the program asks for: from it and from what was known before, `check` makes the inputs. */
export interface Request extends Omit<Inputs, "handedOver"> {
  /** Names that are with siblings and could have been this peer's. */
  elsewhere?: string[];
  /** Why the peer's contract is not there: the services known before then stay, and its gateways unless some are given. */
  pending?: string;
  /** How many services may go at once. */
  brake?: Brake;
  /** Token of the one removal that passes the brake. */
  acceptRemoval?: string;
}

/** Outputs: what `diff`, `read` and `delete` need. The services are there as a digest only: inputs hold them already. */
export interface State {
  kubeconfig: KubeconfigName;
  namespace: string;
  peer: string;
  exportTo: string[];
  gateways: string[];
  otherGateways?: Record<string, string[]>;
  /** SHA-256 of the services; {@link UNFINISHED} as long as the cluster does not have them all. */
  servicesDigest: string;
  /** How many services are registered. */
  imported: number;
}

/** Equals no digest, so that the next update goes on where this one stopped. */
export const UNFINISHED = "unfinished";

/** The resource's id: unique in its cluster. */
export function idOf({ namespace, peer }: Pick<Inputs, "namespace" | "peer">): string {
  return `${namespace}/${peer}`;
}

/** The outputs when the cluster has what the inputs say. */
export function stateOf(inputs: Inputs): State {
  const { kubeconfig, namespace, peer, exportTo, gateways, otherGateways, services } = inputs;
  return {
    ...{ kubeconfig, namespace, peer, exportTo, gateways },
    ...(otherGateways === undefined ? {} : { otherGateways }),
    servicesDigest: digest(services),
    imported: Object.keys(services).length,
  };
}

/** SHA-256 of the services in order, in hexadecimal. */
export function digest(services: Readonly<Record<string, string>>): string {
  const sorted = sortedRecord(Object.entries(services));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}
