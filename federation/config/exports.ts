import * as z from "zod";
import { callerFields, unknownPeer } from "./callers.ts";
import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { GLOBAL_DOMAIN, NAME_TEMPLATE, fillTemplate } from "../core/domains.ts";
import { anyNumber, oneOrSeveral, repeats, several } from "../core/lists.ts";
import { DNS_LABEL, LABEL_KEY, LABEL_VALUE, NAME_PATTERN } from "../core/names.ts";
import { sortedRecord } from "../core/order.ts";
import { isPort } from "../core/port.ts";
import { type RevisionConfig, valuesOfIstiods } from "../core/revision.ts";
import { type Complaint, checked, fields, text, valueAt } from "../core/schema.ts";
import { TRAITS } from "../core/topology.ts";
import { serviceHost } from "../core/serviceHost.ts";
import { isAlias } from "../exports/alias.ts";
import { FAULTY_RULE, GATEWAY_MODES } from "../exports/exportRule.ts";

/** Labels that must all be there; an empty selector matches nothing. */
export const labelSelector = checked(z.record(z.string(), text(LABEL_VALUE)), (value): Complaint[] =>
  Object.keys(value)
    .filter((key) => !LABEL_KEY.test(key))
    .map((key) => ({ path: [key], rule: "has a key that is no label's", remedy: LABEL_KEY.remedy })),
).transform((value) => sortedRecord(Object.entries(value)));

/** A Service's port by its name or number. */
const port = z
  .preprocess(
    (value) => (typeof value === "number" ? String(value) : value),
    text({
      test: (value) => DNS_LABEL.test(value) && (!/^\d+$/.test(value) || isPort(Number(value))),
      rule: "must be a port's name (a DNS-1123 label), or its number from 1 to 65535",
      remedy: "Write the name or number of the Service's port",
    }),
  )
  .meta({ type: ["string", "integer"] });

const rule = checked(
  fields({
    namespace: oneOrSeveral(text(NAME_PATTERN)).optional().meta({
      description: "Namespaces of the Services, one or a list; `*` stands for any part of a name.",
      defaultsTo: "all",
      page: "exports.md",
    }),
    namespaceSelector: labelSelector.optional().meta({
      description: "Labels that the namespace has; an empty selector matches nothing.",
      defaultsTo: "all",
    }),
    service: oneOrSeveral(text(NAME_PATTERN)).optional().meta({
      description: "Names of the Services, one or a list with `*`; required without `selector`.",
      defaultsTo: "all",
    }),
    selector: labelSelector.optional().meta({
      description: "Labels that the Service has; an empty selector matches nothing.",
      defaultsTo: "all",
    }),
    ports: several(port).optional().meta({
      description: "Names or numbers of the Service's ports that are exported.",
      defaultsTo: "all",
    }),
    // Cross-checked: peers of this stack.
    peers: anyNumber(z.string()).optional().meta({
      description: "Peers that are offered the Services, by their names in `peers`; `[]` for none.",
      defaultsTo: "all",
    }),
    labels: several(text(LABEL_KEY)).optional().meta({
      description: "Keys of the Service's labels that peers' import rules can match.",
      defaultsTo: "none",
    }),
    // Cross-checked: in a domain of this cluster.
    as: text(NAME_TEMPLATE).optional().meta({
      description: "Other host name of the Services, with `{name}` and `{namespace}`.",
      defaultsTo: "the full name",
      page: "exports.md#aliases",
    }),
    // Cross-checked: by the topology.
    gateway: z.enum(GATEWAY_MODES).optional().meta({
      description: "`terminating`: the gateway ends peers' mutual TLS and applies policies itself.",
      defaultsTo: "`passthrough`",
      page: "terminating.md",
    }),
    ...callerFields,
  }),
  ({ service, selector: labels }): Complaint[] => {
    if (labels !== undefined || service !== undefined) return [];
    const remedy =
      "Write { namespace, service } for Services by name ('*' stands for any), or { selector } for those with certain labels";
    return [{ rule: "has neither 'service' nor 'selector'", remedy }];
  },
).transform(({ namespace, service, ...rest }) => ({ namespaces: namespace, services: service, ...rest }));

/** One rule of `exports`. Fields that restrict are `undefined` when they are left out: then all match. */
export type ExportRule = Partial<z.output<typeof rule>>;

/** The section `exports`: which Services peers may call. The first rule that matches a Service decides. */
export const exportRules = checked(z.array(rule.optional()), (value) =>
  repeats(value.map((entry) => JSON.stringify(entry))),
)
  .transform((rules) => rules.map((entry): ExportRule => entry ?? FAULTY_RULE))
  .prefault([])
  .describe("Rules that export Services to peers; the first rule that matches a Service decides.");

/** Checks that the peers to which rules offer Services are peers of this stack. */
export function checkExportPeers({ sections, keysOf, indexOf }: Draft<StackConfig>): Complaint[] {
  if (sections.peers === undefined) return [];
  const known = keysOf("peers");
  return (sections.exports ?? []).flatMap(({ peers = [] }, index) =>
    peers
      .filter((peer) => !known.includes(peer))
      .map((peer) => {
        const path = ["exports", index, "peers"];
        return unknownPeer(peer, [...path, indexOf(path, peer)], known);
      }),
  );
}

/** A Service like any other: a template that names it well does so for all but a few, which are not exported. */
const SOME_SERVICE = { name: "a", namespace: "a" };
const TEMPLATE = { name: "{name}", namespace: "{namespace}" };

/** Checks that other names of exported Services are in a domain of this cluster, and that the topology has such names. */
export function checkExportNames({ sections, isFaulty }: Draft<StackConfig>): Complaint[] {
  const { exports: rules = [], cluster, topology } = sections;
  if (cluster === undefined || topology === undefined) return [];
  const { domain, domains } = cluster;
  const { names } = TRAITS[topology];
  return rules.flatMap(({ as }, index): Complaint[] => {
    // Written in full, the usual name is no other one.
    if (as === undefined || as === serviceHost(TEMPLATE, domain)) return [];
    const path = ["exports", index, "as"];
    if (!names.includes("mesh")) {
      const usual = names.includes("global")
        ? `, where peers call them <name>.<namespace>.${GLOBAL_DOMAIN}`
        : "";
      const reason = `is a name that Services do not have in topology '${topology}'${usual}`;
      return [{ path, rule: reason, remedy: "Remove it, or write topology: federation" }];
    }
    const host = fillTemplate(as, SOME_SERVICE) ?? as;
    if (isAlias(host, { clusterDomain: domain, domains }) || isFaulty("cluster", "domains")) return [];
    return [{ path, ...outside(domain, domains) }];
  });
}

/** Names both remedies: a name in a domain that is there, or a further domain. */
function outside(domain: string, owned: readonly string[]): Pick<Complaint, "rule" | "remedy"> {
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

/** Istiod's switch for the metadata exchange of TCP proxies, and the one that takes it out of what listeners offer (ALPN). */
const EXCHANGE = "PILOT_ENABLE_METADATA_EXCHANGE";
const NOT_OFFERED = "PILOT_DISABLE_MX_ALPN";

/** Checks TLS-terminating export rules: in a federation only, and only while listeners offer nothing that they cannot do. */
export function checkExportGateways({ sections }: Draft<StackConfig>): Complaint[] {
  const { exports: rules = [], topology, istio } = sections;
  const terminating = [...rules.keys()].filter((index) => rules[index]?.gateway === "terminating");
  if (terminating.length === 0 || topology === undefined) return [];
  if (topology === "federation")
    return istio === undefined ? [] : valuesOfIstiods(istio).flatMap(checkExchange);
  return terminating.map((index) => ({
    path: ["exports", index, "gateway"],
    rule: `is not possible in topology '${topology}', whose gateways are passthrough`,
    remedy: "Remove it, or write topology: federation",
  }));
}

/** A gateway's TCP listener offers the exchange even when it is off (`BuildListenerTLSContext`): a peer's sidecar waits for it. */
function checkExchange({ values, path }: Pick<RevisionConfig, "values" | "path">): Complaint[] {
  const [exchange, notOffered] = [EXCHANGE, NOT_OFFERED].map((name) => valueAt(values, ["env", name]));
  if (exchange === undefined || isOn(exchange) || isOn(notOffered)) return [];
  return [
    {
      path: [...path, "env", NOT_OFFERED],
      rule: `must be "true" where ${EXCHANGE} is off and an export rule has gateway: terminating: peers' TCP calls would wait for what the gateway offers and does not do`,
      remedy: `Set it beside ${EXCHANGE}, or leave that on`,
      withoutValue: true,
    },
  ];
}

/** Whether Go reads a value as true. */
function isOn(value: unknown): boolean {
  return ["1", "t", "T", "TRUE", "true", "True"].includes(String(value));
}
