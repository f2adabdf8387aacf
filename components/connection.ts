import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { mapRecord, ownValue } from "../federation/core/order.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { ImportConnection } from "../federation/imports/registrations.ts";
import type { PeerStatus } from "../federation/imports/registration.ts";
import { otherPeers } from "../federation/imports/otherPeers.ts";
import type { CredentialLife, PeerAccess } from "../federation/mesh/credential.ts";
import type { MeshConnection } from "../federation/mesh/meshPlan.ts";
import type { Connection } from "../federation/topology/topologies.ts";
import { CoreDnsBlock } from "../providers/coreDnsBlock.ts";
import { Leftovers } from "../providers/leftovers.ts";
import { namespace } from "./clusterAccess.ts";
import { trustDomainFilter } from "./istioObjects.ts";
import { MeshPeer } from "./meshPeer.ts";
import { Peer } from "./peer.ts";

/** Arguments of {@link connectPeers}. */
export interface ConnectionArgs<C extends Connection = Connection> {
  config: Pick<StackConfig, "brake" | "dns" | "kubeconfig" | "peers">;
  connection: C;
  /** Name of Istio's root namespace, once it exists; istiod's too in a single mesh. */
  rootNamespace: pulumi.Input<string>;
  istio: pulumi.Resource;
  /** Labels of the imports' namespace. */
  importLabels: Record<string, string>;
  gateway: pulumi.Resource;
}

/** Outputs of the peers, by their names. */
export interface ConnectedPeers {
  statuses: pulumi.Output<Record<string, PeerStatus>>;
  /** Credentials by which peers read this cluster; secret. Undefined outside a single mesh. */
  access: pulumi.Output<Record<string, PeerAccess>> | undefined;
  /** Lifetimes of the credentials. */
  credentials: pulumi.Output<Record<string, CredentialLife>>;
  /** Credentials by which istiod reads the peers; secret where there are any. */
  joined: pulumi.Output<Record<string, PeerAccess>>;
  /** Peers whose services are registered: what routes to these follows. */
  registered: readonly pulumi.Resource[];
}

type Child = pulumi.ComponentResourceOptions & { parent: pulumi.Resource };

/** Declares the peers by their connection. */
export function connectPeers(name: string, args: ConnectionArgs, child: Child): ConnectedPeers {
  const { connection } = args;
  switch (connection.kind) {
    case "imports":
      return importFromPeers(name, { ...args, connection }, child);
    case "mesh":
      return joinMesh(name, { ...args, connection }, child);
  }
}

/** Registers the services of peers, and removes what unknown peers left behind. */
function importFromPeers(
  name: string,
  { config, connection, istio, rootNamespace, importLabels }: ConnectionArgs<ImportConnection>,
  child: Child,
): ConnectedPeers {
  const { kubeconfig, brake, dns } = config;
  const { peers, formerPeers, leftovers: found, globalBlock, trustDomainHosts } = connection;
  const importNamespace = namespace(`${name}-imports`, IMPORT_NAMESPACE, child, importLabels);
  // Runs first: a leftover entry would block its host for other peers.
  const leftovers = new Leftovers(
    `${name}-leftovers`,
    { kubeconfig, namespace: importNamespace, found },
    { parent: child.parent },
  );
  const others = otherPeers(peers, formerPeers);
  const all = Object.entries(peers).flatMap(([peer, registration]) => {
    const [settings, theirs] = [config.peers[peer], others[peer]];
    if (settings === undefined || theirs === undefined) return [];
    const hosts = ownValue(trustDomainHosts, peer);
    const after: pulumi.Resource[] = [istio, leftovers];
    if (hosts !== undefined) {
      const filter = `${name}-trust-domain-${peer}`;
      after.push(trustDomainFilter(filter, hosts, rootNamespace, { ...child, dependsOn: istio }));
    }
    const made = new Peer(
      `${name}-peer-${peer}`,
      {
        ...{ registration, others: theirs, config: settings },
        ...{ brake, kubeconfig, namespace: importNamespace },
      },
      { ...child, dependsOn: after },
    );
    return [[peer, made] as const];
  });
  if (dns?.coreDns !== undefined && globalBlock !== undefined) {
    const { namespace: place, configMap } = dns.coreDns;
    new CoreDnsBlock(
      `${name}-coredns`,
      { kubeconfig, namespace: place, configMap, block: globalBlock },
      // The names resolve once the peers' services are registered.
      { parent: child.parent, dependsOn: all.map(([, made]) => made) },
    );
  }
  return {
    statuses: pulumi.output(Object.fromEntries(all.map(([peer, { status }]) => [peer, status]))),
    access: undefined,
    credentials: pulumi.output<Record<string, CredentialLife>>({}),
    joined: pulumi.output<Record<string, PeerAccess>>({}),
    registered: all.map(([, made]) => made),
  };
}

/** Gives each peer's istiod access to this cluster, and this cluster's istiod access to joined peers. */
function joinMesh(
  name: string,
  {
    config: { kubeconfig },
    connection: { settings, peers },
    rootNamespace,
    istio,
    gateway,
  }: ConnectionArgs<MeshConnection>,
  child: Child,
): ConnectedPeers {
  // Peers that read this cluster look for its gateway.
  const opts = { ...child, dependsOn: [istio, gateway] };
  const made = Object.entries(peers).map(([peer, view]) => {
    const args = { peer, view, kubeconfig, settings, namespace: rootNamespace };
    return [peer, new MeshPeer(`${name}-peer-${peer}`, args, opts)] as const;
  });
  const each = <T>(pick: (peer: MeshPeer) => T) =>
    Object.fromEntries(made.map(([peer, resource]) => [peer, pick(resource)]));

  return {
    statuses: pulumi.output(each(({ status }) => status)),
    // Readers take an empty secret for one that they cannot decrypt.
    access:
      made.length === 0
        ? pulumi.output<Record<string, PeerAccess>>({})
        : pulumi.secret(pulumi.all(each(({ reader }) => reader.access))),
    credentials: pulumi.all(each(({ reader }) => reader.life)),
    joined: pulumi.secret(mapRecord(peers, ({ access }) => access)),
    registered: [],
  };
}
