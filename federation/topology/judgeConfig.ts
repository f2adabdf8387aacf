import * as z from "zod";
import { asRecord } from "../config/stackNames.ts";
import { isGiven } from "../config/sections.ts";
import { type Fault, pathOf } from "../fault.ts";
import { TOPOLOGIES, type Topology } from "../topology.ts";
import { TRAITS } from "./traits.ts";

const topologyIn = z.enum(TOPOLOGIES).default("federation");
const sourceIn = z.object({ source: z.string() });

/**
 * What can be wrong with a config only in view of its topology.
 * @param raw the whole config, unchecked. Of a topology that is none nothing is judged.
 */
export function judgeTopology(raw: Readonly<Record<string, unknown>>): Fault[] {
  const { data: topology } = topologyIn.safeParse(raw["topology"]);
  if (topology === undefined) return [];
  const source = sourceIn.safeParse(raw["certificateAuthority"]).data?.source ?? "own";
  return [
    ...judgeSource(topology, source),
    ...judgeDns(topology, raw["dns"]),
    ...judgePeerNames(topology, raw["cluster"], raw["peers"]),
  ];
}

/** Where peers' services have names of one kind only, nobody chooses them, and a mesh domain names nothing. */
function judgePeerNames(topology: Topology, cluster: unknown, peers: unknown): Fault[] {
  if (TRAITS[topology].names.includes("mesh")) return [];
  const given = [
    ...(asRecord(cluster)["meshDomain"] === undefined ? [] : [pathOf("cluster", "meshDomain")]),
    ...Object.entries(asRecord(peers))
      .filter(([, peer]) => asRecord(peer)["names"] !== undefined)
      .map(([name]) => pathOf("peers", name, "names")),
  ];
  const rule = `is for names that peers' services do not have in topology '${topology}'`;
  return given.sort().map((path) => ({ path, rule, remedy: "Remove it, or write topology: federation" }));
}

function judgeDns(topology: Topology, dns: unknown): Fault[] {
  if (TRAITS[topology].names.includes("global") || !isGiven(dns)) return [];
  const rule = `is for global names, which peers' services do not have in topology '${topology}'`;
  return [{ path: "dns", rule, remedy: "Remove it, or write topology: replicated" }];
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
