import * as z from "zod";
import { type Caller, decidesAllOf } from "../callers/callers.ts";
import { type Fault, pathOf } from "../fault.ts";
import { DNS_LABEL } from "../hostname.ts";
import { compare } from "../order.ts";
import { type Complaint, checked, fields, text } from "../schema.ts";
import { type TextRule, pattern } from "../textRule.ts";
import { unknownPeer } from "./exportPeers.ts";
import { several } from "./oneOrSeveral.ts";
import { asRecord } from "./stackNames.ts";

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
