import * as z from "zod";
import { formatImporter, isOfferedTo } from "../contract/audience.ts";
import { type Contract, readContract } from "../contract/contract.ts";
import { formatGateway } from "../core/address.ts";
import { FaultsError } from "../core/fault.ts";
import { compare, ownValue, sortedUnique } from "../core/order.ts";
import { type PeerStatus, peerStatus } from "../imports/registration.ts";
import { certificateReport, datesOf } from "../trust/expiry.ts";
import { type PinnedPeer, pinnedPeer, readByPeer } from "../trust/pinnedPeer.ts";
import { trustOfPeer, type TrustOfPeer } from "../trust/trustOfPeer.ts";

/** Outputs of a stack, or a contract alone as its output `federation`. */
export interface MapSource {
  /** Name of the stack or of the file. */
  name: string;
  outputs: Readonly<Record<string, unknown>>;
}

/** One cluster; what its source does not say is undefined. */
export interface MapCluster {
  /** `<trust domain>/<cluster name>`. */
  id: string;
  name: string;
  sources: string[];
  trustDomain: string;
  topology: string;
  /** Revision of its contract. */
  revision: number;
  /** `address:port`, sorted. */
  gateways: string[];
  /** Number of services that it exports. */
  exports: number;
  /** Versions of Istio; empty where they are not known. */
  istio: string[];
  /** The certificate that ends first. */
  expiry: { certificate: string; notAfter: string } | undefined;
}

/** What one cluster takes from another. */
export interface MapLink {
  importer: string;
  /** Id of the exporter; undefined of one that is not drawn as a cluster, as no source describes it. */
  exporter: string | undefined;
  /** Name of the exporter in the importer's config. */
  peer: string;
  /** `unknown` where the importer's source does not say. */
  state: PeerStatus["state"] | "unknown";
  /** Start of that state, UTC; empty when ready. */
  since: string;
  reason: string;
  /** Services that the exporter's contract offers it, and those that it registered. */
  offered: number | undefined;
  imported: number | undefined;
  /** Revision of the exporter's contract that the importer took, and the published one. */
  seen: number | undefined;
  published: number | undefined;
  trust: TrustOfPeer | undefined;
}

/** A federation as its stacks describe it. */
export interface FederationMap {
  /** By id. */
  clusters: MapCluster[];
  /** By importer, then by peer. */
  links: MapLink[];
  /** Sources that describe no cluster, and why; a sentence each. */
  problems: string[];
}

/** A source that describes a cluster. */
interface Described {
  source: string;
  id: string;
  contract: Contract;
  outputs: MapSource["outputs"];
  peers: Record<string, PeerStatus> | undefined;
  pinned: Record<string, PinnedPeer>;
  trust: Record<string, TrustOfPeer>;
}

/** Draws a federation together. Of one cluster by several sources, such as its stack and its contract stack, each says what it knows. */
export function drawTogether(sources: readonly MapSource[]): FederationMap {
  const problems: string[] = [];
  const described = sources.flatMap((source) => {
    const found = describe(source);
    if (typeof found !== "string") return [found];
    problems.push(found);
    return [];
  });
  const byId = Map.groupBy(described, ({ id }) => id);
  const ids = [...byId.keys()].sort(compare);
  const newest = new Map(
    ids.map((id) => {
      const all = byId.get(id) ?? [];
      return [
        id,
        all.reduce((one, other) => (other.contract.revision > one.contract.revision ? other : one)),
      ];
    }),
  );
  return {
    clusters: ids.flatMap((id) => clusterOf(newest.get(id), byId.get(id) ?? [])),
    links: ids.flatMap((id) => linksOf(byId.get(id) ?? [], newest)),
    problems,
  };
}

function describe({ name, outputs }: MapSource): Described | string {
  if (outputs["federation"] === undefined)
    return `${name} has no contract: it is no stack of a cluster, or has had no update yet`;
  try {
    const { contract } = readContract(outputs["federation"], `contract of ${name}`);
    return {
      source: name,
      id: formatImporter(contract),
      contract,
      outputs,
      peers: outputs["peers"] === undefined ? undefined : readByPeer(peerStatus, outputs["peers"]),
      pinned: readByPeer(pinnedPeer, outputs["trustAnchors"]),
      trust: readByPeer(trustOfPeer, outputs["trust"]),
    };
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.message;
  }
}

const istioOutput = z.object({ versions: z.array(z.string()) });

function clusterOf(newest: Described | undefined, all: readonly Described[]): MapCluster[] {
  if (newest === undefined) return [];
  const { id, contract } = newest;
  const istio = all.flatMap(({ outputs }) => istioOutput.safeParse(outputs["istio"]).data?.versions ?? []);
  return [
    {
      id,
      name: contract.cluster,
      sources: all.map(({ source }) => source).sort(compare),
      trustDomain: contract.trustDomain,
      topology: contract.topology,
      revision: contract.revision,
      gateways: sortedUnique(contract.gateways.map(formatGateway)),
      exports: Object.keys(contract.services).length,
      istio: sortedUnique(istio),
      expiry: firstExpiry(all, contract),
    },
  ];
}

/** The certificate that ends first, of those that the stack reports, and of the roots. */
function firstExpiry(all: readonly Described[], { rootCertificates }: Contract): MapCluster["expiry"] {
  const reported = all.flatMap(({ outputs }) =>
    Object.entries(certificateReport.safeParse(outputs["certificates"]).data ?? {}),
  );
  const roots = rootCertificates.map((pem) => ["root", datesOf(pem)] as const);
  const [first] = [...reported, ...roots]
    .map(([certificate, { notAfter }]) => ({ certificate, notAfter }))
    .sort(
      (one, other) => compare(one.notAfter, other.notAfter) || compare(one.certificate, other.certificate),
    );
  return first;
}

function linksOf(all: readonly Described[], newest: ReadonlyMap<string, Described>): MapLink[] {
  const [first] = all;
  if (first === undefined) return [];
  const merge = <T>(pick: (each: Described) => Record<string, T> | undefined): Record<string, T> =>
    Object.assign({}, ...all.map((each) => pick(each) ?? {})) as Record<string, T>;
  const [pinned, statuses, trust] = [
    merge((each) => each.pinned),
    merge((each) => each.peers),
    merge((each) => each.trust),
  ];
  const imports = merge((each) => each.contract.imports);
  const idOf = (peer: string): string | undefined => {
    const known = ownValue(pinned, peer);
    if (known !== undefined)
      return formatImporter({ cluster: known.cluster ?? peer, trustDomain: known.trustDomain });
    return [...newest.values()].find(({ contract }) => contract.cluster === peer)?.id;
  };
  const named = sortedUnique([...Object.keys(statuses), ...Object.keys(pinned)]).map(
    (peer) => [peer, idOf(peer)] as const,
  );
  const others = Object.keys(imports)
    .filter((id) => !named.some(([, known]) => known === id))
    .map((id) => [id.split("/")[1] ?? id, id] as const);
  return [...named, ...others].map(([peer, id]): MapLink => {
    const status = ownValue(statuses, peer);
    const exporter = id === undefined ? undefined : newest.get(id);
    const services = Object.values(exporter?.contract.services ?? {});
    const hosts = id === undefined ? undefined : ownValue(imports, id);
    return {
      importer: first.id,
      exporter: exporter?.id,
      peer,
      state: status?.state ?? "unknown",
      since: status?.since ?? "",
      reason: status?.reason ?? "",
      offered:
        exporter === undefined
          ? undefined
          : services.filter((each) => isOfferedTo(each, first.contract)).length,
      imported: status?.imported ?? (hosts === undefined ? undefined : Object.keys(hosts).length),
      seen: ownValue(pinned, peer)?.contract?.revision,
      published: exporter?.contract.revision,
      trust: ownValue(trust, peer),
    };
  });
}
