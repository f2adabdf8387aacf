import { count, someOf } from "../change.ts";
import type { PeerConfig, StackConfig } from "../config.ts";
import { isBelow } from "../hostname.ts";
import { mayGive } from "../imports/extraName.ts";
import { compare, ownValue, sortedRecord } from "../order.ts";
import type { PeerView } from "../peers/peer.ts";
import { settingCommand } from "../settingCommand.ts";
import { type NamedCluster, nameField, namesOf } from "../topology/peerNames.ts";
import type { ImportAddresses } from "./clusterDns.ts";
import { type Zone, zonesOf } from "./zones.ts";

type Config = Pick<StackConfig, "cluster" | "topology" | "peers">;

/** A domain in which a peer has names here by its own word. */
interface PeerDomain {
  domain: string;
  /** Commands by which this side's config says so too. */
  consent: string;
  consented: boolean;
}

/**
 * For which imported names CoreDNS is to answer, and by which zones. A sidecar takes a peer's word for what it owns, for the calls that pass
 * through it; CoreDNS is asked by everybody. So a zone that holds more than a name is where Services have their full names, below `svc` in
 * the peer's cluster domain (or mesh domain), and nowhere else. Other names, each its own zone, are those that this stack's config gives by
 * `as`, and those below domains of the peer that it names in `identity`.
 * @param addresses of the imported names, by peer.
 * @returns the zones, sorted, and a warning for each domain that keeps names out.
 */
export function dnsNames(
  peers: Readonly<Record<string, PeerView>>,
  addresses: ImportAddresses,
  config: Config,
): { zones: Zone[]; warnings: string[] } {
  const domains: string[] = [];
  const names: [host: string, address: string][] = [];
  const warnings: string[] = [];
  for (const [peer, own] of Object.entries(addresses).sort(([one], [other]) => compare(one, other))) {
    const view = ownValue(peers, peer);
    const settings = ownValue(config.peers, peer);
    const known = view?.state === "ready" ? view.imports.contract : view?.pinned;
    const { services, others } = domainsOf(peer, known, settings, config);
    if (services !== undefined) domains.push(services);
    const templates = (settings?.imports ?? []).flatMap((rule) => rule.as ?? []);
    const out = new Map<PeerDomain, string[]>();
    for (const [host, address] of Object.entries(own)) {
      const lacking = others.find(({ domain }) => isBelow(host, domain));
      const isTaken =
        lacking === undefined ||
        lacking.consented ||
        (services !== undefined && isBelow(host, services)) ||
        templates.some((template) => mayGive(template, host));
      if (isTaken) {
        names.push([host, address]);
        continue;
      }
      const before = out.get(lacking);
      if (before === undefined) out.set(lacking, [host]);
      else before.push(host);
    }
    warnings.push(...[...out].map(([domain, hosts]) => keptOut(peer, domain, hosts)));
  }
  return { zones: zonesOf(sortedRecord(names), domains), warnings };
}

/** @returns where the peer's Services have their full names here, and in which domains there are others. */
function domainsOf(
  peer: string,
  known: NamedCluster | undefined,
  { names: chosen, identity = {} }: Pick<PeerConfig, "names" | "identity"> = {},
  { cluster, topology }: Config,
): { services?: string; others: PeerDomain[] } {
  if (known === undefined) return { others: [] };
  const { domains = [] } = known;
  const path = `peers.${peer}.identity`;
  const field = nameField(namesOf(topology, known, cluster.domain, chosen));
  const main = known[field];
  const consent = domains
    .map((domain, index) => settingCommand(`${path}.domains[${index}]`, domain))
    .join(" and ");
  const further = domains.map((domain) => {
    return { domain, consent, consented: identity.domains?.includes(domain) ?? false };
  });
  if (main === undefined) return { others: further };
  const own = {
    domain: main,
    consent: settingCommand(`${path}.${field}`, main),
    consented: identity[field] === main,
  };
  return { services: `svc.${main}`, others: [...further, own] };
}

function keptOut(peer: string, { domain, consent }: PeerDomain, hosts: readonly string[]): string {
  return (
    `CoreDNS does not answer for ${count(hosts.length)} name(s) of peer ${peer} below '${domain}' (${someOf(hosts)}), as nothing but the peer's word says that they are its own; ` +
    `sidecars that answer DNS do. If they are: ${consent}`
  );
}
