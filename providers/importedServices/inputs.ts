import { createHash } from "node:crypto";
import type { GatewayAddress } from "../../federation/core/address.ts";
import { sortedRecord } from "../../federation/core/order.ts";
import type { Brake } from "../../federation/config/brake.ts";
import type { KubeconfigName } from "../../kubernetes/kubeconfig.ts";

/** Imports of one peer by host, each as `importToJson` renders it. */
export type ImportTexts = Readonly<Record<string, string>>;

/** Inputs that `check` passed: everything to be registered of one peer. */
export interface Inputs {
  /** The cluster to write to. */
  kubeconfig: KubeconfigName;
  /** Namespace of the ServiceEntries. Another one replaces the resource. */
  namespace: string;
  /** The peer's name, by which its objects are found. Another one replaces the resource. */
  peer: string;
  /** Namespaces whose workloads see the services; `*` for all. */
  exportTo: string[];
  gateways: GatewayAddress[];
  /** Gateways of other peers that serve hosts of this one too, by peer. */
  otherGateways: Record<string, GatewayAddress[]>;
  services: Record<string, string>;
  /** Fields that a refresh found to differ from the declared ones, by host: for display, and cleared by the next update. */
  notAsDeclared: Record<string, string>;
  /** The other peers of this program: an entry of theirs under a declared host is taken over, as no two declare one host. */
  siblings: string[];
  /** Hosts declared before that a sibling declares from now on: left for the sibling to take over. */
  handedOver: string[];
  /** Reason why the brake keeps the last services, as `brakes` words it; empty when it does not. */
  braked: string;
}

/** Properties that the program sets; `check` makes the inputs from them and from the last ones. */
export interface Request extends Omit<Inputs, "notAsDeclared" | "handedOver" | "braked"> {
  /** `hostDigests` of hosts that this peer or a sibling declares. */
  movable: string;
  /** `hostDigests` of hosts, as the peer names them or as they are named here, whose offers cannot be taken: what is known of them stays. */
  held: string;
  /** Why the peer's contract is not there or not to be trusted: the last services then stay, and the last gateways unless some are given. */
  pending?: string | undefined;
  /** Limits of services removed at once; all stay where more would be. */
  brake: Brake;
  /** Token of the one removal that passes the brake. */
  acceptRemoval?: string | undefined;
  /** Whether a removal that the brake does not let pass is a failure. */
  required: boolean;
}

/** Outputs: what `diff`, `read` and `delete` need. The services are a digest only, as the inputs hold them. */
export interface State extends Pick<
  Inputs,
  "kubeconfig" | "namespace" | "peer" | "exportTo" | "gateways" | "otherGateways" | "braked"
> {
  /** SHA-256 of the services; {@link UNFINISHED} or {@link DRIFTED} while the cluster does not have them all. */
  servicesDigest: string;
  /** Number of registered services. */
  imported: number;
}

/** Equals no digest, so that the next update continues where this one stopped. */
export const UNFINISHED = "unfinished";

/** Equals no digest, so that the next update restores what a refresh found changed. */
export const DRIFTED = "drifted";

/** The resource's id: unique in its cluster. */
export function idOf({ namespace, peer }: Pick<Inputs, "namespace" | "peer">): string {
  return `${namespace}/${peer}`;
}

/** The outputs when the cluster has what the inputs declare. */
export function stateOf(inputs: Inputs): State {
  const { kubeconfig, namespace, peer, exportTo, gateways, otherGateways, services, braked } = inputs;
  return {
    ...{ kubeconfig, namespace, peer, exportTo, gateways, otherGateways, braked },
    servicesDigest: Object.keys(inputs.notAsDeclared).length > 0 ? DRIFTED : digest(services),
    imported: Object.keys(services).length,
  };
}

/** SHA-256 of the services, in hexadecimal, whatever their order. */
export function digest(services: ImportTexts): string {
  const sorted = sortedRecord(Object.entries(services));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}
