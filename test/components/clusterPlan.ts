import type {
  InstalledAuthority,
  OwnPlan,
  ProvidedPlan,
  SharedPlan,
} from "../../federation/authority/authority.ts";
import { FIRST_ROOT } from "../../federation/authority/rotation.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { gatewayPlace } from "../../federation/core/gatewayPlace.ts";
import type { ImportConnection } from "../../federation/imports/registrations.ts";
import type { MeshConnection } from "../../federation/mesh/meshPlan.ts";
import type { ClusterPlan } from "../../federation/plan.ts";
import { planPublication } from "../../federation/publish/publishPlan.ts";
import { TOPOLOGY_PLANNERS } from "../../federation/topology/topologies.ts";
import { trustedPeers } from "../../federation/trust/pinnedPeer.ts";

/** Time of the first update. */
export const UPDATED = "2026-11-21T10:00:00Z";

const NO_PEERS: ImportConnection = {
  kind: "imports",
  peers: {},
  formerPeers: [],
  leftovers: {},
  trustDomainHosts: {},
  globalBlock: undefined,
};

/** Plan of a cluster with a root of its own that exports nothing and has no peers, with some of its parts replaced. */
export function clusterPlan(
  config: StackConfig,
  changes: Partial<Omit<ClusterPlan, "config" | "gateway" | "connection">> & {
    connection?: Partial<ImportConnection> | MeshConnection;
    observed?: ClusterPlan["gateway"]["observed"];
  } = {},
): ClusterPlan {
  const { observed, connection: changed, ...parts } = changes;
  const connection = changed?.kind === "mesh" ? changed : { ...NO_PEERS, ...changed };
  const services = parts.services ?? {};
  return {
    kind: "cluster",
    config,
    authority: ownPlan({ wanted: config.certificateAuthority.rotation ?? FIRST_ROOT }),
    gateway: {
      ...TOPOLOGY_PLANNERS[config.topology].listeners(config, services),
      ...{ place: gatewayPlace(config.gateway), observed },
    },
    lastContract: undefined,
    services,
    imports: {},
    importedBy: {},
    callers: {},
    registered: {},
    trust: {},
    istioVersions: [],
    aliases: [],
    policies: [],
    pinned: trustedPeers(connection.peers),
    edited: [],
    contractStack: undefined,
    restarts: undefined,
    publish: planPublication({ config }, trustedPeers(connection.peers)),
    hasDeckhousePeers: false,
    traffic: { objects: [], order: {}, unchanged: {}, gateways: [] },
    ...parts,
    connection,
  };
}

/** Plan of own roots in the first update, with some of its fields replaced. */
export function ownPlan(rotation: Partial<OwnPlan["rotation"]> = {}): OwnPlan {
  return {
    source: "own",
    rotation: { wanted: FIRST_ROOT, last: undefined, now: UPDATED, ...rotation },
    roots: [],
    intermediates: [],
    unconstrained: { sameRoot: false, otherRoot: false },
  };
}

/** Plan of a provided certificate authority. */
export function providedPlan(authority: ProvidedPlan["authority"]): InstalledAuthority {
  return {
    source: "provided",
    authority,
    roots: authority.roots,
    intermediates: [authority.certificate, ...authority.chain],
    unconstrained: { sameRoot: true, otherRoot: authority.issuer === undefined },
  };
}

/** Plan of an intermediate under a shared root. */
export function sharedPlan(authority: SharedPlan["authority"]): InstalledAuthority {
  return {
    source: "shared",
    authority,
    roots: [...authority.rootCertificates, ...(authority.former?.rootCertificates ?? [])],
    intermediates: [authority.certificate],
    unconstrained: { sameRoot: false, otherRoot: true },
  };
}
