import * as z from "zod";
import { labelSelector } from "./exports.ts";
import { wholeNumber } from "./field.ts";
import { NAME_TEMPLATE } from "../core/domains.ts";
import { oneOrSeveral } from "../core/lists.ts";
import { EXPORT_TO, HOST_NAME, NAME_PATTERN } from "../core/names.ts";
import { type Complaint, checked, fields, text, type TextRule } from "../core/schema.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import { FAULTY_IMPORT_RULE } from "../imports/importChoice.ts";
import { outlierDetection } from "../imports/outlierDetection.ts";

/** Namespaces whose workloads see services: at least one, each once, or `*` alone. */
export const exportTo = checked(z.array(text(EXPORT_TO)), (value): Complaint[] => {
  if (value.length === 0) {
    // Istio reads an empty list as "all namespaces", which nobody who writes one means.
    return [{ rule: "must name at least one namespace", remedy: "Write '*' for all, or remove the field" }];
  }
  const all = value.length > 1 && value.includes("*");
  const twice = `is there twice ('.' is ${IMPORT_NAMESPACE})`;
  return [
    ...(all ? [{ rule: "has '*' beside others", remedy: "Write '*' alone, or only namespaces" }] : []),
    ...value.flatMap((entry, index) =>
      value.findIndex((earlier) => isSameNamespace(earlier, entry)) < index
        ? [{ path: [index], rule: twice, remedy: "Remove one of the two" }]
        : [],
    ),
  ];
});

function isSameNamespace(one: string, other: string): boolean {
  const plain = (namespace: string): string => (namespace === "." ? IMPORT_NAMESPACE : namespace);
  return plain(one) === plain(other);
}

/** More than a host name, as many `*` may stand for nothing. */
const PATTERN_LIMIT = 300;

const HOST_PATTERN: TextRule = {
  test: (value) => value.length <= PATTERN_LIMIT && HOST_NAME.test(value.replace(/\*+/g, "a")),
  rule: "must be a DNS name in lower case, maybe with '*' for any part of it",
  remedy: "Write such a name, e.g. *.svc.cluster-b.local",
};

/** Weights and priorities. */
const MOST = 1000;

/** Fields of a rule that match services of a peer. */
export const peerServiceFields = {
  namespace: oneOrSeveral(text(NAME_PATTERN)).optional().meta({
    description: "Namespaces of the services at the peer, one or a list with `*`.",
    defaultsTo: "all",
  }),
  service: oneOrSeveral(text(NAME_PATTERN)).optional().meta({
    description: "Names of the services at the peer, one or a list with `*`.",
    defaultsTo: "all",
  }),
};

const rule = checked(
  fields({
    ...peerServiceFields,
    host: oneOrSeveral(text(HOST_PATTERN)).optional().meta({
      description: "Host names of the services at the peer, one or a list with `*`.",
      defaultsTo: "all",
    }),
    selector: labelSelector.optional().meta({
      description: "Labels that the peer publishes of the service; an empty selector matches nothing.",
      defaultsTo: "all",
    }),
    skip: z.literal(true).optional().meta({
      description: "`true`: the services are not imported.",
      defaultsTo: "imported",
    }),
    exportTo: exportTo.optional().meta({
      description: "Namespaces whose workloads see the services.",
      defaultsTo: "the peer's `exportTo`",
    }),
    as: oneOrSeveral(text(NAME_TEMPLATE)).optional().meta({
      description: "Further host names, with `{name}` and `{namespace}` of the service.",
      defaultsTo: "none",
      page: "imports.md#rules",
    }),
    outlierDetection: outlierDetection.optional().meta({
      description: "When proxies stop calling a failing gateway for a while, as in a DestinationRule.",
      defaultsTo: "never",
      page: "imports.md#gateways-that-fail",
    }),
    weight: wholeNumber({ least: 1, most: MOST }).optional().meta({
      description: "Share of calls of each of the peer's gateways where several peers serve a name.",
      defaultsTo: "`1`",
    }),
    priority: wholeNumber({ least: 0, most: MOST }).optional().meta({
      description: "Where several peers have a name, those with the highest priority serve it.",
      defaultsTo: "`0`",
    }),
  }),
  ({ skip, exportTo: seenBy, as, outlierDetection: outliers, weight, priority }): Complaint[] => {
    if (skip === undefined) return [];
    const settings = { exportTo: seenBy, as, outlierDetection: outliers, weight, priority };
    const unused = Object.entries(settings).filter(([, value]) => value !== undefined);
    return unused.map(([field]) => ({
      path: [field],
      rule: "is for services that are imported, but the rule has 'skip'",
      remedy: "Remove it, or 'skip'",
    }));
  },
);

/** One rule of a peer's `imports`. Fields that restrict are `undefined` when they are left out: then all match. */
export type ImportRule = z.output<typeof rule>;

/** Rules for the import of a peer's services; the first match wins, and an empty list imports none. */
export const importRules = checked(z.array(rule.optional()), (value): Complaint[] =>
  value.flatMap((entry: ImportRule | null | undefined, index) => {
    if (entry === undefined || entry === null || index === value.length - 1) return [];
    const { namespace, service, host, selector } = entry;
    if ([namespace, service, host, selector].some((field) => field !== undefined)) return [];
    const reason = "matches all services, so that no rule after it decides";
    return [{ path: [index], rule: reason, remedy: "Put it last, or write which services it matches" }];
  }),
).transform((rules) => rules.map((entry): ImportRule => entry ?? FAULTY_IMPORT_RULE));
