import { hostOf, isAlias } from "../exports/alias.ts";
import { NAME_TEMPLATE, extraName } from "../imports/extraName.ts";
import { type Fault, pathOf } from "../fault.ts";
import { HOST_NAME } from "../hostname.ts";
import { topologyOf } from "../topology.ts";
import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { TRAITS } from "../topology/traits.ts";
import { asRecord } from "./stackNames.ts";

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
