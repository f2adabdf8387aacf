import * as z from "zod";
import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { coversCaller } from "../access/callers.ts";
import { several } from "../core/lists.ts";
import { DNS_LABEL } from "../core/names.ts";
import {
  type Complaint,
  checked,
  fields,
  pattern,
  suggestion,
  text,
  type TextRule,
  valueAt,
} from "../core/schema.ts";

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

const METHOD: TextRule = pattern(
  /^[A-Z][A-Z-]*$/,
  32,
  "must be an HTTP method, in upper case as in requests",
  "Write it in upper case, e.g. 'GET' (gRPC calls are all 'POST')",
);

/** Without braces, which are templates to Istio, and without query and fragment, which are no part of a path. */
const PATH: TextRule = pattern(
  /^(?:\/[^*{}?#\s]*\*?|\*[^*{}?#\s]+)$/,
  1024,
  "must be a path: '/exact', '/prefix*' or '*suffix', without query",
  "Write one of these, or remove the field for all paths",
);

function texts(rule: TextRule): z.ZodType<string[]> {
  return several(text(rule), { rule: "is empty", remedy: "Add an entry, or remove the field for all" });
}

const localCaller = fields({
  namespaces: texts(DNS_LABEL).optional().meta({
    description: "Namespaces, all workloads of which match.",
    defaultsTo: "all, unless `serviceAccounts`",
  }),
  serviceAccounts: texts(SERVICE_ACCOUNT).optional().meta({
    description: "Service accounts, `<namespace>/<name>`, that match beside `namespaces`.",
    defaultsTo: "none",
  }),
  methods: texts(METHOD).optional().meta({
    description: "HTTP methods that are allowed, in upper case.",
    defaultsTo: "all",
  }),
  paths: texts(PATH).optional().meta({
    description: "Paths that are allowed: `/exact`, `/prefix*` or `*suffix`.",
    defaultsTo: "all",
  }),
});

/** Callers of this cluster that may call an exported Service, and the requests that they may send. */
export type LocalCaller = z.output<typeof localCaller>;

/** Schema of {@link Caller}. */
export const caller = localCaller.extend({
  // Cross-checked: a peer that is offered the Service.
  peer: z.string().optional().meta({
    description: "Peer whose workloads match, by its name in `peers`.",
    defaultsTo: "every peer that is offered the Service",
  }),
});

/** Callers of peers that may call an exported Service, and the requests that they may send. */
export type Caller = z.output<typeof caller>;

/** The fields of an export rule that restrict callers. */
export const callerFields = {
  callers: callerList(caller, 1).optional().meta({
    description: "Which workloads of peers may call; the first entry that matches a caller decides.",
    defaultsTo: "all of the peers in `peers`",
    page: "policy.md",
  }),
  localCallers: callerList(localCaller, 0).optional().meta({
    description: "Which workloads of this cluster may call; `[]` for none.",
    defaultsTo: "all",
    page: "policy.md",
  }),
};

/** Restrictions of callers in an export rule. Of both lists the first entry that matches decides; no match is a denial. */
export type CallerRules = z.output<z.ZodObject<typeof callerFields>>;

function callerList<T extends z.ZodType<Caller>>(entry: T, least: number): z.ZodArray<T> {
  return checked(z.array(entry), (value): Complaint[] => {
    if (value.length < least) {
      const remedy = "Remove it to allow all callers, or export to no peer by 'peers: []'";
      return [{ rule: "is empty, so no caller would be allowed", remedy }];
    }
    if (value.length > ENTRIES_LIMIT) {
      const rule = `has ${value.length} entries, and may have ${ENTRIES_LIMIT}`;
      return [{ rule, remedy: "Join entries that allow the same", withoutValue: true }];
    }
    const entries = value.map(asCaller);
    return entries.flatMap((later, index) => {
      const first = entries.findIndex(
        (earlier, at) =>
          at < index && earlier !== undefined && later !== undefined && coversCaller(earlier, later),
      );
      if (first === -1) return [];
      const rule = `never decides: entry ${first} decides for every caller that it matches`;
      return [{ path: [index], rule, remedy: "Move it before that one, or remove it" }];
    });
  });
}

/** An entry whose callers can be read; `undefined` for a faulty one, which has a fault already. */
function asCaller(entry: unknown): Caller | undefined {
  const isText = (value: unknown): boolean => value === undefined || typeof value === "string";
  const isList = (value: unknown): boolean =>
    value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"));
  const isReadable =
    typeof entry === "object" &&
    entry !== null &&
    isText(valueAt(entry, ["peer"])) &&
    ["namespaces", "serviceAccounts"].every((field) => isList(valueAt(entry, [field])));
  return isReadable ? entry : undefined;
}

/** Checks the peers that entries of `callers` name: peers of this stack that are offered the rule's Services. */
export function checkCallers({ sections, keysOf }: Draft<StackConfig>): Complaint[] {
  if (sections.peers === undefined) return [];
  const known = keysOf("peers");
  return (sections.exports ?? []).flatMap(({ callers = [], peers: offered }, index) =>
    callers.flatMap(({ peer }, at): Complaint[] => {
      if (peer === undefined) return [];
      const path = ["exports", index, "callers", at, "peer"];
      if (!known.includes(peer)) return [unknownPeer(peer, path, known)];
      if (offered === undefined || offered.includes(peer)) return [];
      const remedy = "Add it to the rule's 'peers', or remove this entry";
      return [{ path, rule: "is not offered the Services of this rule", remedy }];
    }),
  );
}

/** The fault of a name that is no peer's. */
export function unknownPeer(name: string, path: (string | number)[], known: readonly string[]): Complaint {
  const choices = known.length === 0 ? "this stack has no peers" : `known here: ${known.join(", ")}`;
  const remedy = suggestion(name, known) ?? `Name one of this stack's peers; ${choices}`;
  return { path, rule: "is not one of this stack's peers", remedy };
}
