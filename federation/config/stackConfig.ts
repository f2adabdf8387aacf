import * as z from "zod";
import type { ProvidedPems } from "../authority/provided.ts";
import type { Rotation } from "../authority/rotation.ts";
import type { AuthorityKind } from "../authority/source.ts";
import {
  WORKLOAD_CERTIFICATE_HOURS,
  certificateAuthority,
  judgeSharedStack,
  judgeCertificateLife,
} from "./certificateAuthority.ts";
import { type ClusterConfig, cluster } from "./cluster.ts";
import { type Dns, dns } from "./dns.ts";
import { judgeExportPeers, judgeExportNames, judgeExportGateways } from "./exportChecks.ts";
import { judgeCallers, exportRules } from "./exports.ts";
import { gateway } from "./gateway.ts";
import { istio } from "./istio.ts";
import { brake, judgePeers, peers } from "./peers.ts";
import { type Sections, isGiven, parseSections } from "./sections.ts";
import { judgeSingleMesh, singleMesh } from "./singleMesh.ts";
import { judgeTopology } from "./topology.ts";
import { CIDR, type GatewayAddress } from "../core/address.ts";
import { FaultsError } from "../core/fault.ts";
import { fields, someText, text, unknownField } from "../core/schema.ts";
import { TOPOLOGIES, type Topology } from "../core/topology.ts";
import type { ExportRule } from "../exports/exportRule.ts";
import type { Brake } from "../imports/brake.ts";
import type { ImportRule } from "../imports/importRule.ts";
import type { NamesChoice } from "../imports/peerNames.ts";
import type { SingleMesh } from "../mesh/apiServer.ts";
import type { PeerIdentity } from "../trust/pin.ts";

/** A stack's config, checked, with its defaults filled in. */
export interface StackConfig {
  cluster: ClusterConfig;
  /** How it is connected with its peers: `federation` by default. */
  topology: Topology;
  /** With the topologies `federation` and `replicated`, and only then. */
  dns?: Dns;
  /** With the topology `single-mesh`, and only then. */
  singleMesh?: SingleMesh;
  /**
   * As written: `path` may start with `~/` or be relative to the program's folder. The context must be named, as the
   * current one is whatever cluster somebody looked at last.
   */
  kubeconfig: { path?: string; context: string };
  certificateAuthority: {
    /** Where root and intermediate come from: made by this stack, given, or signed by the stack of a shared root. */
    source: AuthorityKind;
    /** Of the own CA's keys: `ECDSA` (P-256) by default. */
    algorithm: "ECDSA" | "RSA";
    /** How many days before its end a certificate is worth a warning: 90 by default. */
    expiryWarningDays: number;
    /** For the source `own`: which root comes in, and how far it is; left out: the first one, with no other to come. */
    rotation?: Rotation;
    /** Longest life of a workload's certificate: 24 by default; 0 for the step that drops a root once all workloads are restarted. */
    workloadCertificateHours: number;
    /** How long what an update writes takes to reach every istiod and proxy: 10 by default. */
    settlingMinutes: number;
    /** For the source `provided`: each a file (relative to the program's folder, or `~/...`), or PEM itself, as a secret. */
    provided?: ProvidedPems;
    /** For the source `shared`: the stack that holds the root, and the only roots it may have (SHA-256), if they are to be held to. */
    shared?: { stack: string; roots?: string[] };
    /** Puts peers' roots in as they are when there is no root key to constrain them with. */
    allowUnconstrainedAnchors: boolean;
  };
  istio: {
    /** A Helm repository and an exact version, or a folder. */
    charts: { repository: string; version: string } | { folder: string };
    /** Helm values, merged over the program's. */
    values: { base: Record<string, unknown>; istiod: Record<string, unknown> };
  };
  gateway: {
    service: { type: "LoadBalancer" | "NodePort" | "ClusterIP"; annotations: Record<string, string> };
    /** Addresses to publish instead of those found; at least one. */
    advertise?: GatewayAddress[];
    /** Where the gateway is, `region[/zone[/subzone]]`, as far as an address to publish does not say it itself. */
    locality?: string;
    /** IP address that the gateway listens on; all when left out. */
    bind?: string;
    /** How long an update waits for the load balancer's address: 300 by default. */
    addressTimeoutSeconds: number;
    /** Helm values, merged over the program's. */
    values: Record<string, unknown>;
  };
  /** In their order: the first that means a Service decides on it. */
  exports: ExportRule[];
  /** By name, sorted. */
  peers: Record<string, PeerConfig>;
  /** How many of a peer's services may go at once. */
  brake: Brake;
  /** CIDR ranges. */
  allowGatewayAddresses: string[];
}

/** What a stack says of one peer. */
export interface PeerConfig {
  stack: string;
  /** Namespaces whose workloads see its services; all when left out. */
  exportTo?: string[];
  /** Which of them are imported, and how: the first rule that means one decides, and what none means is not; all when left out. */
  imports?: ImportRule[];
  /**
   * With the topology `federation`: whether its services have the names here that they have there, or names under its mesh domain.
   * @default `mesh` for a peer whose cluster domain is ours, else `own`
   */
  names?: NamesChoice;
  /** Token of the one removal of its services that the brake lets pass. */
  acceptRemoval?: string;
  /** Who it is; what is left out is pinned when it is first seen. */
  identity?: PeerIdentity;
}

const sections: Sections<StackConfig> = {
  cluster,
  topology: z.enum(TOPOLOGIES).default("federation"),
  dns,
  singleMesh,
  kubeconfig: fields({ path: someText.exactOptional(), context: someText }).prefault({} as never),
  certificateAuthority: certificateAuthority.prefault({}),
  istio: istio.prefault({}),
  gateway: gateway.prefault({}),
  exports: exportRules.prefault([]),
  peers: peers.prefault({}),
  brake: brake.prefault({}),
  allowGatewayAddresses: z.array(text(CIDR)).prefault([]),
};

/** The keys of a stack's config, without the project's prefix. */
export const CONFIG_KEYS = Object.keys(sections) as readonly (keyof StackConfig)[];

/**
 * Checks a stack's config as a whole and fills in its defaults.
 * @param raw values by key without the project's prefix; a key that is `undefined` counts as not there.
 * @param stack the stack's own name, for messages and so that it does not become its own peer.
 * @throws FaultsError with every fault at once: wrong values, unknown fields, and what contradicts something else.
 */
export function parseConfig(raw: Record<string, unknown>, stack: string): StackConfig {
  const unknown = Object.keys(raw)
    .filter((key) => !Object.hasOwn(sections, key) && raw[key] !== undefined)
    // Empty by default: the stack is no root authority.
    .filter((key) => key !== "rootAuthority" || isGiven(raw[key]))
    .map((key) => unknownField([key], key, CONFIG_KEYS));
  const { config, faults } = parseSections(sections, raw);
  const all = [
    ...unknown,
    ...faults,
    ...judgePeers(raw["peers"], raw["cluster"], stack),
    ...judgeExportPeers(raw["exports"], raw["peers"]),
    ...judgeExportNames(raw["exports"], raw["cluster"], raw["topology"]),
    ...judgeExportGateways(raw["exports"], raw["topology"], raw["istio"]),
    ...judgeCallers(raw["exports"], raw["peers"]),
    ...judgeSharedStack(raw["certificateAuthority"], stack),
    ...judgeTopology(raw),
    ...judgeSingleMesh(raw),
    ...judgeCertificateLife(raw["certificateAuthority"], raw["istio"], WORKLOAD_CERTIFICATE_HOURS),
  ];
  if (all.length > 0) throw new FaultsError(`config of stack ${stack}`, all);
  return config;
}
