import { GLOBAL_DOMAIN } from "../core/domains.ts";
import type { PlanContext } from "../plan.ts";
import { required } from "../snapshot.ts";
import { parseCorefile, zoneOf } from "./corefile.ts";
import { type CorefileMetadata, otherManager } from "./corefileOwner.ts";
import {
  type Obstacle,
  corefileWarnings,
  obstacleIn,
  renderGlobalBlock,
  rootDirectives,
} from "./globalBlock.ts";

/** ConfigMap of NodeLocal DNSCache, a CoreDNS on each node that Pods ask first, by the manifest of Kubernetes. */
export const NODE_LOCAL = "node-local-dns";

/** Corefiles of the cluster; undefined where they do not exist or may not be read. */
export interface Corefiles {
  /** Undefined when the ConfigMap of CoreDNS is not there, or has none. */
  coreDns: string | undefined;
  nodeLocal: string | undefined;
  /** Marks of others that may write the ConfigMap of CoreDNS. */
  metadata: CorefileMetadata;
}

const MISSING: Obstacle = {
  rule: "is not there, or has no Corefile",
  remedy:
    "Name the ConfigMap of this cluster's CoreDNS, or remove dns.coreDns where it has another DNS server (GKE's kube-dns)",
};

/**
 * Plans the server block for global names; a Corefile that cannot have it is a fault at `dns.coreDns.configMap`.
 * @returns undefined without `dns.coreDns` in the config.
 */
export function planGlobalBlock({ config, snapshot, findings }: PlanContext): string | undefined {
  if (config.dns?.coreDns === undefined) return undefined;
  const { namespace, configMap, port, address } = config.dns.coreDns;
  const found = required(snapshot.cluster.corefiles, findings);
  if (found === undefined) return renderGlobalBlock(address, port);
  const { coreDns, nodeLocal, metadata } = found;
  const value = `${namespace}/${configMap}`;
  const block = renderGlobalBlock(address, port, rootDirectives(coreDns ?? "", port));
  const obstacle = coreDns === undefined ? MISSING : obstacleIn(coreDns, block);
  if (obstacle !== undefined) findings.fault({ path: "dns.coreDns.configMap", value, ...obstacle });
  const owner = otherManager(metadata);
  findings.warn(
    ...(owner === undefined ? [] : [`Corefile ${value} ${owner}`]),
    ...corefileWarnings(coreDns ?? "", port).map((warning) => `Corefile ${value} ${warning}`),
    ...(nodeLocal === undefined ? [] : nodeLocalWarnings(nodeLocal)).map(
      (warning) => `Corefile ${namespace}/${NODE_LOCAL} ${warning}`,
    ),
  );
  return block;
}

/** Warnings about the Corefile of NodeLocal DNSCache, which forwards all but the cluster's names to the node's resolvers. */
export function nodeLocalWarnings(corefile: string): string[] {
  const keys = parseCorefile(corefile)?.blocks.flatMap((block) => block.keys) ?? [];
  if (keys.some((key) => zoneOf(key) === GLOBAL_DOMAIN)) return [];
  return [
    `has no server block for '${GLOBAL_DOMAIN}': Pods that ask NodeLocal DNSCache do not find peers' names there. ` +
      "Write one beside that for 'in-addr.arpa', and like it (docs/replicated.md shows it)",
  ];
}
