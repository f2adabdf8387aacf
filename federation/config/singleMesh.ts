import * as z from "zod";
import { someOf } from "../core/change.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { LABEL_VALUE } from "../core/names.ts";
import { type Complaint, checked, fields, text, type TextRule } from "../core/schema.ts";
import { topologyOf } from "../core/topology.ts";
import { apiServerFields, type SingleMesh } from "../mesh/apiServer.ts";

/** Thirty days: an update every other week renews it in time. */
const TOKEN_HOURS = 720;
/** A year: what lives longer than that is one that nobody renews. */
const LONGEST_HOURS = 8760;

const MESH_ID: TextRule = { ...LABEL_VALUE, test: (value) => value !== "" && LABEL_VALUE.test(value) };

const section = checked(
  fields({
    meshId: text(MESH_ID),
    apiServer: fields({
      server: apiServerFields.server,
      certificateAuthority: apiServerFields.certificateAuthority.exactOptional(),
    }),
    tokenHours: z
      .number()
      .refine((value) => Number.isInteger(value) && value >= 1 && value <= LONGEST_HOURS, {
        error: `must be whole hours from 1 to ${LONGEST_HOURS}`,
        params: {
          remedy: "Write how long a peer's credential may serve: twice the time between updates, or more",
        },
      })
      .exactOptional(),
    longLivedTokens: z.boolean().default(false),
    allowPeersToReadSecrets: z.boolean().default(false),
  }),
  ({ tokenHours, longLivedTokens }): Complaint[] =>
    longLivedTokens && tokenHours !== undefined
      ? [
          {
            path: ["tokenHours"],
            rule: "is given, but 'longLivedTokens' asks for credentials without an end",
            remedy: "Remove one of the two",
          },
        ]
      : [],
).transform(({ tokenHours = TOKEN_HOURS, ...rest }) => ({ ...rest, tokenHours }));

/** The section of the topology `single-mesh`; an empty one, the project's default, is none. */
export const singleMesh: z.ZodType<SingleMesh | undefined> = z.preprocess(
  (raw) => (isNone(raw) ? undefined : raw),
  section.optional(),
);

/** Fields that say how services are exported and imported one by one. */
const FEDERATION_FIELDS = [["exports"], ["brake"]];
const PEER_FIELDS = ["exportTo", "acceptRemoval"];

const ALL_ARE_CALLED =
  "means nothing in a single mesh, where every service of each cluster can be called from every other";

/**
 * What can be wrong with a config of the topology `single-mesh`, or with its section in one of another topology, beyond single
 * fields.
 * @param raw the config, unchecked. Of a topology that is none nothing is judged.
 */
export function judgeSingleMesh(raw: Readonly<Record<string, unknown>>): Fault[] {
  const topology = topologyOf(raw["topology"]);
  if (topology === "single-mesh")
    return [...missingSection(raw), ...consent(raw), ...strangers(raw), ...unread(raw)];
  if (topology === undefined || isNone(raw["singleMesh"])) return [];
  const remedy = "Write topology: single-mesh, or remove this";
  return [{ path: "singleMesh", rule: "is for another topology than this stack's", remedy }];
}

function missingSection(raw: Readonly<Record<string, unknown>>): Fault[] {
  if (!isNone(raw["singleMesh"])) return [];
  const remedy = "Write {meshId, apiServer: {server}}: the mesh's name, and where peers reach the API server";
  return [{ path: "singleMesh", rule: "is missing, as the topology is 'single-mesh'", remedy }];
}

/** What a single mesh gives away is not to be given by mistake. */
function consent(raw: Readonly<Record<string, unknown>>): Fault[] {
  const path = ["singleMesh", "allowPeersToReadSecrets"];
  const value = valueAt(raw, path);
  const readers = Object.keys(asRecord(raw["peers"]));
  // What is neither true nor false is told by itself.
  const isJudged = value === undefined || value === false;
  if (isNone(raw["singleMesh"]) || readers.length === 0 || !isJudged) return [];
  return [
    {
      path: pathOf(...path),
      ...(value === undefined ? {} : { value }),
      rule: `must be true, as there are peers (${someOf(readers)}): this version of istiod needs to read all Secrets of the clusters of its mesh, the keys of their certificate authorities among them`,
      remedy:
        "Accept that by writing true if whoever runs the peers may read this cluster's Secrets; otherwise choose another topology (docs/topologies.md)",
    },
  ];
}

/** What belongs to topologies whose services are exported. */
function strangers(raw: Readonly<Record<string, unknown>>): Fault[] {
  const peers = asRecord(raw["peers"]);
  const paths = [
    ...FEDERATION_FIELDS,
    ...Object.keys(peers).flatMap((peer) => PEER_FIELDS.map((field) => ["peers", peer, field])),
  ].filter((path) => !isNone(valueAt(raw, path)));
  return paths.map((path) => ({
    path: pathOf(...path),
    rule: ALL_ARE_CALLED,
    remedy: "Remove it; AuthorizationPolicies say who may call what",
  }));
}

/** Helm values that say what the contract says, too, and by which field of the config both are set. */
const TOLD: readonly (readonly [path: readonly string[], field: string])[] = [
  [["istio", "values", "istiod", "global", "meshID"], "singleMesh.meshId"],
  [["istio", "values", "istiod", "global", "multiCluster", "clusterName"], "cluster.name"],
  [["istio", "values", "istiod", "global", "network"], "cluster.network"],
  [["gateway", "values", "networkGateway"], "cluster.network"],
];

/** Peers' istiods read these from the cluster, and the mesh's name from this section. */
function unread(raw: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  if (valueAt(raw, ["gateway", "advertise"]) !== undefined) {
    const rule =
      "is not read in a single mesh: peers' istiods take the addresses that the gateway's Service has";
    const remedy = "Remove it, and have a Service of type LoadBalancer or NodePort";
    faults.push({ path: "gateway.advertise", rule, remedy });
  }
  for (const [path, field] of TOLD) {
    if (valueAt(raw, path) === undefined) continue;
    const rule = "is set by the program, so that it agrees with what peers are told";
    faults.push({ path: pathOf(...path), rule, remedy: `Remove it; set ${field}` });
  }
  return faults;
}

/** Whether nothing is given, or only what the project has by default. */
function isNone(value: unknown): boolean {
  return (
    value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => asRecord(value)[key], root);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
