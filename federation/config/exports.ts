import * as z from "zod";
import { type Caller, decidesAllOf } from "../access/callers.ts";
import { unknownPeer } from "./exportChecks.ts";
import { asRecord } from "./stackNames.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { several, anyNumber, oneOrSeveral } from "../core/lists.ts";
import { NAME_TEMPLATE } from "../core/nameTemplate.ts";
import { DNS_LABEL, LABEL_KEY, LABEL_VALUE, NAME_PATTERN } from "../core/names.ts";
import { compare, sortedRecord } from "../core/order.ts";
import { isPort } from "../core/port.ts";
import { type Complaint, checked, fields, text, type TextRule, pattern } from "../core/schema.ts";
import { type ExportRule, GATEWAY_MODES } from "../exports/exportRule.ts";

/** Entries of one list: each takes up to six rules of a policy, a local one three, and Istio takes 512 in all. */
const ENTRIES_LIMIT = 50;

const SERVICE_ACCOUNT: TextRule = {
  test: (value) => {
    const [namespace = "", name = "", ...rest] = value.split("/");
    const isName = name.length <= 253 && name.split(".").every(DNS_LABEL.test);
    return rest.length === 0 && DNS_LABEL.test(namespace) && isName;
  },
  rule: "must be a service account: <namespace>/<name>",
  remedy: "Write both, e.g. 'client/sleep'",
};

const METHOD: TextRule = {
  ...pattern(/^[A-Z][A-Z-]*$/, 32, "must be an HTTP method, in upper case as requests have it", ""),
  remedy: "Write it so, e.g. 'GET' (gRPC calls are all 'POST')",
};

/** Without braces, which are templates to Istio, and without what is no part of a path (`?`, `#`). */
const PATH: TextRule = pattern(
  /^(?:\/[^*{}?#\s]*\*?|\*[^*{}?#\s]+)$/,
  1024,
  "must be a path: '/exact', '/prefix*' or '*suffix', without query",
  "Write one of these, or leave the field out for all paths",
);

const caller = {
  namespaces: texts(DNS_LABEL).exactOptional(),
  serviceAccounts: texts(SERVICE_ACCOUNT).exactOptional(),
  methods: texts(METHOD).exactOptional(),
  paths: texts(PATH).exactOptional(),
};

/** What an export rule says of callers: to be spread into its fields. */
export const callerFields = {
  callers: callerList(fields({ ...caller, peer: z.string().exactOptional() }), 1).exactOptional(),
  localCallers: callerList(fields(caller), 0).exactOptional(),
};

/** A list of different texts, at least one. */
function texts(rule: TextRule): z.ZodType<string[]> {
  return several(text(rule), { rule: "is empty", remedy: "Add an entry, or leave the field out for all" });
}

function callerList<T extends z.ZodType<Caller>>(entry: T, least: number): z.ZodArray<T> {
  return checked(z.array(entry), (value): Complaint[] => {
    if (value.length < least) {
      const remedy = "Leave it out for all callers, or offer the Services to nobody by 'peers: []'";
      return [{ rule: "is empty: nobody could call", remedy }];
    }
    if (value.length > ENTRIES_LIMIT) {
      const rule = `has ${value.length} entries, and may have ${ENTRIES_LIMIT}`;
      return [{ rule, remedy: "Join entries that allow the same", withoutValue: true }];
    }
    const entries = value.map(readable);
    return entries.flatMap((later, index) => {
      const first = entries.findIndex(
        (earlier, at) =>
          at < index && earlier !== undefined && later !== undefined && decidesAllOf(earlier, later),
      );
      if (first === -1) return [];
      const rule = `never decides: entry ${first} already does for everybody whom it means`;
      return [{ path: [index], rule, remedy: "Move it before that one, or remove it" }];
    });
  });
}

/** An entry as far as it says whom it means; undefined when that cannot be read, which is told already. */
function readable(entry: unknown): Caller | undefined {
  const { peer, namespaces, serviceAccounts } = asRecord(entry);
  const isList = (value: unknown): boolean =>
    value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"));
  const isReadable =
    (peer === undefined || typeof peer === "string") && isList(namespaces) && isList(serviceAccounts);
  return isReadable ? (entry as Caller) : undefined;
}

/**
 * What can be wrong with callers only in view of the peers: names that are no peer's, and peers that the rule offers nothing to.
 * @param rules the config's `exports`, unchecked; `peers` likewise.
 */
export function judgeCallers(rules: unknown, peers: unknown): Fault[] {
  const known = Object.keys(asRecord(peers)).sort(compare);
  return listOf(rules).flatMap((rule, index) => {
    const { callers, peers: offered } = asRecord(rule);
    return listOf(callers).flatMap((entry, at) => {
      const path = ["exports", index, "callers", at, "peer"];
      const { peer } = asRecord(entry);
      const unknown = unknownPeer(peer, path, known);
      return unknown.length > 0 ? unknown : unofferedPeer(peer, path, offered);
    });
  });
}

/** @param offered the rule's `peers`, unchecked. */
function unofferedPeer(peer: unknown, path: readonly PropertyKey[], offered: unknown): Fault[] {
  if (typeof peer !== "string" || !Array.isArray(offered) || offered.includes(peer)) return [];
  const remedy = "Add it to the rule's 'peers', or remove this entry";
  return [{ path: pathOf(...path), value: peer, rule: "is not offered the Services of this rule", remedy }];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
/** Labels that all must be there; none select nothing. */
export const labelSelector: z.ZodType<Record<string, string>> = checked(
  z.record(z.string(), text(LABEL_VALUE)),
  (value): Complaint[] =>
    Object.keys(value)
      .filter((key) => !LABEL_KEY.test(key))
      .map((key) => ({ path: [key], rule: "has a key that is no label's", remedy: LABEL_KEY.remedy })),
).transform((value) => sortedRecord(Object.entries(value)));
/** A Service's port by its name or number; which of the two it is shows when it is looked for. */
const port = z.preprocess(
  (value) => (typeof value === "number" ? String(value) : value),
  text({
    test: (value) => DNS_LABEL.test(value) && (!/^\d+$/.test(value) || isPort(Number(value))),
    rule: "must be a port's name (a DNS-1123 label), or its number from 1 to 65535",
    remedy: "Write what the Service has",
  }),
);

const rule = checked(
  fields({
    namespace: oneOrSeveral(text(NAME_PATTERN)).exactOptional(),
    namespaceSelector: labelSelector.exactOptional(),
    service: oneOrSeveral(text(NAME_PATTERN)).exactOptional(),
    selector: labelSelector.exactOptional(),
    ports: several(port).exactOptional(),
    // Whether they are peers at all is judged in view of the config's `peers`.
    peers: anyNumber(z.string()).exactOptional(),
    labels: several(text(LABEL_KEY)).exactOptional(),
    // In which domains it may lie is judged in view of the config's `cluster`.
    as: text(NAME_TEMPLATE).exactOptional(),
    // Whether the topology has it is judged likewise.
    gateway: z.enum(GATEWAY_MODES).exactOptional(),
    // Which peers they name is judged likewise.
    ...callerFields,
  }),
  ({ service, selector: labels }): Complaint[] => {
    if (labels !== undefined || service !== undefined) return [];
    const remedy =
      "Write { namespace, service } for Services by name ('*' stands for any), or { selector } for those with certain labels";
    return [{ rule: "does not say what to export", remedy }];
  },
).transform(({ namespace, service, ...rest }): ExportRule => ({
  ...(namespace === undefined ? {} : { namespaces: namespace }),
  ...(service === undefined ? {} : { services: service }),
  ...rest,
}));

/** Which Services are offered to peers; the peers are checked in `judgeExportPeers`. */
export const exportRules = checked(z.array(rule), (value): Complaint[] => {
  const seen = new Set<string>();
  return value.flatMap((entry: ExportRule | undefined, index) => {
    const key = JSON.stringify(entry);
    if (entry === undefined || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path: [index], rule: "is there twice", remedy: "Remove one of the two" }];
  });
});
