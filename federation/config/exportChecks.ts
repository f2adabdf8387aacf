import { asRecord } from "./stackNames.ts";
import { GLOBAL_DOMAIN } from "../core/domains.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { NAME_TEMPLATE, extraName } from "../core/nameTemplate.ts";
import { HOST_NAME } from "../core/names.ts";
import { compare } from "../core/order.ts";
import { suggestion } from "../core/schema.ts";
import { topologyOf, TRAITS } from "../core/topology.ts";
import { hostOf, isAlias } from "../exports/alias.ts";

/** Whether istiod's proxies tell each other of themselves in TCP connections; and whether it leaves that out of what it has them offer. */
const EXCHANGE = "PILOT_ENABLE_METADATA_EXCHANGE";
const NOT_OFFERED = "PILOT_DISABLE_MX_ALPN";

/**
 * What is wrong with what export rules have the gateway do: only in a federation it can open calls, and only while istiod has its listeners
 * offer nothing that they cannot do.
 * @param exports the config's `exports`, unchecked; `topology` and `istio` likewise.
 */
export function judgeExportGateways(exports: unknown, topology: unknown, istio: unknown): Fault[] {
  const rules: unknown[] = Array.isArray(exports) ? exports : [];
  const opening = [...rules.keys()].filter((index) => asRecord(rules[index])["gateway"] === "terminating");
  const known = topologyOf(topology);
  if (known === undefined || known === "federation") return opening.length === 0 ? [] : judgeExchange(istio);
  return opening.map((index) => {
    const path = pathOf("exports", index, "gateway");
    const reason = `is not to be had in topology '${known}', whose gateways pass calls on`;
    return { path, value: "terminating", rule: reason, remedy: "Remove it, or write topology: federation" };
  });
}

/** A TCP listener of a gateway offers the exchange whether or not it does it (`BuildListenerTLSContext`): a peer's sidecar then waits for it. */
function judgeExchange(istio: unknown): Fault[] {
  const { env } = asRecord(asRecord(asRecord(istio)["values"])["istiod"]);
  const { [EXCHANGE]: exchange, [NOT_OFFERED]: notOffered } = asRecord(env);
  if (exchange === undefined || isOn(exchange) || isOn(notOffered)) return [];
  return [
    {
      path: pathOf("istio", "values", "istiod", "env", NOT_OFFERED),
      rule: `must be "true" where ${EXCHANGE} is off and an export rule has gateway: terminating: peers' TCP calls would wait for what the gateway offers and does not do`,
      remedy: `Set it beside ${EXCHANGE}, or leave that on`,
    },
  ];
}

/** As Go reads it. */
function isOn(value: unknown): boolean {
  return ["1", "t", "T", "TRUE", "true", "True"].includes(String(value));
}
/** A Service like any other: what a name with placeholders is for one, it is for all but a few, which are held back. */
const SOME = { name: "a", namespace: "a" };
const TEMPLATE = { name: "{name}", namespace: "{namespace}" };

/**
 * What is wrong with the names under which export rules offer Services.
 * @param exports the config's `exports`, unchecked; `cluster` and `topology` likewise. What is no name at all is the schema's to refuse.
 */
export function judgeExportNames(exports: unknown, cluster: unknown, topology: unknown): Fault[] {
  const rules: unknown[] = Array.isArray(exports) ? exports : [];
  const { domain } = asRecord(cluster);
  const known = topologyOf(topology);
  if (typeof domain !== "string" || !HOST_NAME.test(domain) || known === undefined) return [];
  const owned = ownedIn(asRecord(cluster)["domains"]);
  return rules.flatMap((rule, index) => {
    const { as } = asRecord(rule);
    if (typeof as !== "string" || !NAME_TEMPLATE.test(as)) return [];
    const host = extraName(as, SOME) ?? as;
    // Written in full, the usual name is no other one.
    if (as === hostOf(TEMPLATE, { domain })) return [];
    const fault = { path: pathOf("exports", index, "as"), value: as };
    const { names } = TRAITS[known];
    if (!names.includes("mesh")) {
      const usual = names.includes("global")
        ? `, where peers call them <name>.<namespace>.${GLOBAL_DOMAIN}`
        : "";
      const reason = `is another name than Services have in topology '${known}'${usual}`;
      return [{ ...fault, rule: reason, remedy: "Remove it, or write topology: federation" }];
    }
    if (isAlias(host, { clusterDomain: domain, domains: owned })) return [];
    return [{ ...fault, ...outside(domain, owned) }];
  });
}

/** Both ways out are named: a name in a domain that is there, or a further domain. */
function outside(domain: string, owned: readonly string[]): Pick<Fault, "rule" | "remedy"> {
  const isNarrow = domain.includes(".");
  const places = [
    ...(isNarrow ? [`below the cluster domain '${domain}' (and not below svc or pod there)`] : []),
    owned.length === 0
      ? "below one of cluster.domains, which are none"
      : `below one of cluster.domains (${owned.join(", ")})`,
  ];
  const example = isNarrow ? `, e.g. {name}.${domain}` : "";
  return {
    rule: `must be a name ${places.join(", or ")}`,
    remedy: `Write such a name${example}, or add the domain to cluster.domains if it is this cluster's own`,
  };
}

function ownedIn(domains: unknown): string[] {
  return Array.isArray(domains) ? domains.filter((domain) => typeof domain === "string") : [];
}
/**
 * What is wrong with the peers that export rules name.
 * @param exports the config's `exports`, unchecked; `peers` likewise.
 */
export function judgeExportPeers(exports: unknown, peers: unknown): Fault[] {
  const known = Object.keys(asRecord(peers)).sort(compare);
  const rules: unknown[] = Array.isArray(exports) ? exports : [];
  return rules.flatMap((rule, index) =>
    unknownPeers(asRecord(rule)["peers"], ["exports", index, "peers"], known),
  );
}

/**
 * A fault for each name that is no peer's. What is no text at all is the schema's to refuse.
 * @param names a list, unchecked.
 * @param path of the list.
 * @param known the names of the config's peers.
 */
export function unknownPeers(
  names: unknown,
  path: readonly PropertyKey[],
  known: readonly string[],
): Fault[] {
  const entries: unknown[] = Array.isArray(names) ? names : [];
  return entries.flatMap((name, index) => unknownPeer(name, [...path, index], known));
}

/** The same for one name; nothing where it is a peer's. */
export function unknownPeer(name: unknown, path: readonly PropertyKey[], known: readonly string[]): Fault[] {
  if (typeof name !== "string" || known.includes(name)) return [];
  const choices = known.length === 0 ? "this stack has no peers" : `known here: ${known.join(", ")}`;
  const remedy = suggestion(name, known) ?? `Name one of this stack's peers; ${choices}`;
  return [{ path: pathOf(...path), value: name, rule: "is none of this stack's peers", remedy }];
}
