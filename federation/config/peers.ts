import * as z from "zod";
import { checkDeckhouse, deckhousePeer } from "./deckhouse.ts";
import { fingerprints } from "./certificateAuthority.ts";
import { exportTo, importRules } from "./importRules.ts";
import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { DNS_LABEL, STACK_NAME } from "../core/names.ts";
import { sortedRecord } from "../core/order.ts";
import { cleanText, pasted } from "../core/pasted.ts";
import { type Complaint, type TextRule, checked, fields, pattern, someText, text } from "../core/schema.ts";
import { TRAITS } from "../core/topology.ts";
import { REMOVAL_TOKEN } from "../imports/brake.ts";
import { CHOICES } from "../imports/peerNames.ts";
import { PINNED_AT_FIRST, peerIdentity } from "./peerIdentity.ts";
import { checkStacks } from "./stackNames.ts";

const CONTRACT_URL: TextRule = {
  test: (value) => {
    const url = URL.canParse(value) && !/\s/.test(value) ? new URL(value) : undefined;
    return url?.protocol === "https:" && url.username === "" && url.password === "" && url.hash === "";
  },
  rule: "must be an https:// address, without user, password and fragment",
  remedy: "Write https://<host>/<path>; credentials go into headers",
  withoutValue: true,
};

/** RFC 9110, section 5.6.2. */
const HEADER_NAME = pattern(
  /^[\w!#$%&'*+.^`|~-]+$/,
  256,
  "must be the name of a header",
  "Write a name such as authorization",
);

/** One line; never quoted, as it may be secret. */
const headerValue = z.string().refine(
  // eslint-disable-next-line no-control-regex -- what a header may not have
  (value) => value.length <= 8192 && /^[^\0-\x08\x0a-\x1f\x7f]*$/.test(value),
  {
    error: "must be one line of at most 8,192 characters",
    params: { remedy: "Write the header's value, as a secret", withoutValue: true },
  },
);

/** SHA-256 in hexadecimal, as the fault prints it. */
const CONTRACT_DIGEST = pattern(
  /^[0-9a-f]{64}$/,
  64,
  "must be the SHA-256 of a contract: 64 hexadecimal digits",
  "Copy it from the error that asks for it",
);

/** Fields that say where a peer's contract is: exactly one of them. */
const SOURCES = ["stack", "file", "url", "deckhouse"] as const;

const peerFields = fields({
  stack: pasted(cleanText, STACK_NAME).optional().meta({
    description: "Stack with the contract: bare in this project, else `organization/project/stack`.",
    defaultsTo: "`file`, `url` or `deckhouse`",
    page: "contract.md#transports",
  }),
  file: someText.optional().meta({
    description: "File with the peer's contract, relative to the program or `~/...`.",
    defaultsTo: "`stack`, `url` or `deckhouse`",
    page: "contract.md#transports",
  }),
  url: pasted(cleanText, CONTRACT_URL).optional().meta({
    description: "`https://` address of the peer's contract.",
    defaultsTo: "`stack`, `file` or `deckhouse`",
    page: "contract.md#transports",
  }),
  deckhouse: deckhousePeer.optional().meta({
    description: "A cluster of Deckhouse, which publishes no contract; its metadata is read.",
    defaultsTo: "`stack`, `file` or `url`",
    page: "deckhouse.md",
  }),
  certificateAuthority: someText.optional().meta({
    description: "With `url`: certificates that verify the server, a file or PEM.",
    defaultsTo: "the machine's",
  }),
  headers: z.record(text(HEADER_NAME), headerValue).optional().meta({
    description: "With `url`: headers of the request, set as secrets.",
    defaultsTo: "none",
  }),
  exportTo: exportTo.optional().meta({
    description: "Namespaces whose workloads see the peer's services; recommended from 100 services on.",
    defaultsTo: '`["*"]`',
  }),
  names: z.enum(CHOICES).optional().meta({
    description: "Host names of the peer's services: their own, or in the peer's mesh domain.",
    defaultsTo: "`mesh` if its cluster domain is ours, else `own`",
    page: "cluster-local.md",
  }),
  imports: importRules.optional().meta({
    description: "Rules for the peer's services; the first rule that matches decides. `[]` imports none.",
    defaultsTo: "all services",
    page: "imports.md#rules",
  }),
  required: z.boolean().optional().meta({
    description: "Lets the peer stop the run when it is refused, or when the brake keeps its services.",
    defaultsTo: "`false`",
    page: "imports.md#peers-that-go-wrong",
  }),
  acceptRemoval: pasted(cleanText, REMOVAL_TOKEN).optional().meta({
    description: "Token of the one removal of services that the brake lets pass.",
    defaultsTo: "none",
  }),
  trustsRoots: fingerprints.optional().meta({
    description: "SHA-256 of our roots that the peer's team says it trusts, where no output says so.",
    defaultsTo: "output `trustAnchors`",
    page: "rotation.md#peers-by-file-or-address",
  }),
  acceptContract: text(CONTRACT_DIGEST).optional().meta({
    description: "Digest of the one contract that is accepted though its revision is not higher.",
    defaultsTo: "none",
    page: "trust.md#replayed-contracts",
  }),
  identity: peerIdentity.optional().meta({
    description: "Identity that the peer must have; missing fields are pinned at first sight.",
    defaultsTo: PINNED_AT_FIRST,
    page: "trust.md",
  }),
});

const peer = checked(peerFields, (value) => {
  const given = SOURCES.filter((source) => value[source] !== undefined);
  const [, second] = given;
  return [
    ...(given.length > 0
      ? []
      : [
          {
            path: ["stack"],
            rule: "is missing, as are 'file', 'url' and 'deckhouse'",
            remedy: "Name the place of the peer's contract by one of the four",
          },
        ]),
    ...(second === undefined
      ? []
      : [
          {
            path: [second],
            rule: `is there beside '${given[0]}'`,
            remedy: "Keep one of stack, file, url and deckhouse",
          },
        ]),
    ...(["certificateAuthority", "headers"] as const)
      .filter((field) => value[field] !== undefined && value.url === undefined)
      .map((field) => ({
        path: [field],
        rule: "is for contracts at an https:// address",
        remedy: "Remove it, or name that address in url",
        withoutValue: true,
      })),
    ...checkDeckhouse(value),
  ];
});

/** Settings of a stack for one peer. */
export type PeerConfig = z.output<typeof peer>;

/** The section `peers`, by name and sorted; the names are checked in {@link checkPeers}. */
export const peers = z
  .record(z.string(), peer)
  .transform((value) => sortedRecord(Object.entries(value)))
  .prefault({})
  .describe("The clusters whose services are imported, by their own cluster names.");

/** Checks the names and stacks of peers in view of each other, of this cluster and of the topology. */
export function checkPeers(draft: Draft<StackConfig>, stack: string): Complaint[] {
  const { cluster, topology, peers: parsed = {} } = draft.sections;
  const named =
    topology === undefined || TRAITS[topology].names.includes("mesh")
      ? []
      : Object.keys(parsed).filter((name) => draft.isSet("peers", name, "names"));
  const keyless =
    topology !== "single-mesh"
      ? []
      : Object.entries(parsed).filter(([, { file, url }]) => file !== undefined || url !== undefined);
  const deckhouse =
    topology === undefined || topology === "federation"
      ? []
      : Object.entries(parsed).filter(([, settings]) => settings.deckhouse !== undefined);
  return [
    ...deckhouse.map(([name]) => ({
      path: ["peers", name, "deckhouse"],
      rule: `is for topology 'federation', and this cluster's is '${String(topology)}'`,
      remedy: "Remove the peer, or write topology: federation",
      withoutValue: true,
    })),
    ...keyless.map(([name, { file }]) => ({
      path: ["peers", name, file === undefined ? "url" : "file"],
      rule: "is for contracts, and a single mesh needs the peer's credentials too, which its stack alone has",
      remedy: "Name the peer's stack",
    })),
    ...draft.keysOf("peers").flatMap((name) => checkName(name, cluster?.name)),
    ...checkStacks(draft, ["peers"], "peer", stack),
    ...named.map((name) => ({
      path: ["peers", name, "names"],
      rule: `is for names that peers' services do not have in topology '${String(topology)}'`,
      remedy: "Remove it, or write topology: federation",
    })),
  ];
}

function checkName(name: string, own: string | undefined): Complaint[] {
  const path = ["peers", name];
  if (!DNS_LABEL.test(name)) return [{ path, rule: DNS_LABEL.rule, remedy: DNS_LABEL.remedy }];
  if (name !== own) return [];
  return [{ path, rule: "is this cluster's own name", remedy: "Name the peer by its own cluster's name" }];
}
