import * as z from "zod";
import { isGiven } from "./sections.ts";
import { asRecord } from "./stackNames.ts";
import { GLOBAL_DOMAIN } from "../core/domains.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { type Topology, topologyOf, TRAITS } from "../core/topology.ts";

const clusterIn = z.object({ domain: z.string() });
const sourceIn = z.object({ source: z.string() });

/**
 * What can be wrong with a config only in view of its topology.
 * @param raw the whole config, unchecked. Of a topology that is none nothing is judged.
 */
export function judgeTopology(raw: Readonly<Record<string, unknown>>): Fault[] {
  const topology = topologyOf(raw["topology"]);
  if (topology === undefined) return [];
  const source = sourceIn.safeParse(raw["certificateAuthority"]).data?.source ?? "own";
  return [
    ...judgeDomain(topology, clusterIn.safeParse(raw["cluster"]).data?.domain ?? ""),
    ...judgeSource(topology, source),
    ...judgeDns(topology, raw["dns"]),
    ...judgePeerNames(topology, raw["cluster"], raw["peers"]),
  ];
}

/** A name is either one of this cluster's own or one of a peer's. */
function judgeDomain(topology: Topology, domain: string): Fault[] {
  if (!TRAITS[topology].names.includes("global") || !`.${domain}`.endsWith(`.${GLOBAL_DOMAIN}`)) return [];
  const rule = `is or lies below '${GLOBAL_DOMAIN}', below which peers' services have their names in topology '${topology}'`;
  const remedy = "Choose another topology, or a cluster with another domain";
  return [{ path: "cluster.domain", value: domain, rule, remedy }];
}

/** Where peers' services have names of one kind only, nobody chooses them, and a mesh domain names nothing. */
function judgePeerNames(topology: Topology, cluster: unknown, peers: unknown): Fault[] {
  if (TRAITS[topology].names.includes("mesh")) return [];
  const given = [
    ...(asRecord(cluster)["meshDomain"] === undefined ? [] : [pathOf("cluster", "meshDomain")]),
    ...(isGiven(asRecord(cluster)["domains"]) ? [pathOf("cluster", "domains")] : []),
    ...Object.entries(asRecord(peers))
      .filter(([, peer]) => asRecord(peer)["names"] !== undefined)
      .map(([name]) => pathOf("peers", name, "names")),
  ];
  const rule = `is for names that peers' services do not have in topology '${topology}'`;
  return given.sort().map((path) => ({ path, rule, remedy: "Remove it, or write topology: federation" }));
}

function judgeDns(topology: Topology, dns: unknown): Fault[] {
  if (!isGiven(dns)) return [];
  const { names } = TRAITS[topology];
  if (!names.includes("global") && !names.includes("mesh")) {
    const rule = `is for names that only peers' services have, of which there are none in topology '${topology}'`;
    return [{ path: "dns", rule, remedy: "Remove it, or write topology: federation or replicated" }];
  }
  const { coreDns, services } = asRecord(dns);
  const [path, given, remedy] = names.includes("global")
    ? ["dns.services", services, "Remove it"]
    : ["dns.coreDns", coreDns, "Write dns.services, or a rule of CoreDNS by hand (docs/dns.md)"];
  return given === undefined ? [] : [{ path, rule: `is not for topology '${topology}'`, remedy }];
}

function judgeSource(topology: Topology, source: string): Fault[] {
  const fit = TRAITS[topology].sources;
  // What is no source at all is told by itself.
  const known = Object.values(TRAITS).flatMap(({ sources }) => sources);
  if (fit.some((name) => name === source) || known.every((name) => name !== source)) return [];
  return [
    {
      path: "certificateAuthority.source",
      rule: `is '${source}', but the clusters of topology '${topology}' are all under one root`,
      remedy: `Write source: ${fit.join(" or ")}, or another topology`,
    },
  ];
}
