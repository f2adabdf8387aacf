import * as z from "zod";
import { wholeNumber } from "./field.ts";
import { type Draft, isGiven } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { firstNames } from "../core/text.ts";
import { NODE_SELECTOR_ANNOTATION } from "../core/labels.ts";
import { LABEL_VALUE } from "../core/names.ts";
import { cleanText, pasted } from "../core/pasted.ts";
import { type Complaint, checked, fields, text, type TextRule, valueAt } from "../core/schema.ts";
import { SERVER_URL, apiServerFields } from "../mesh/apiServer.ts";

/** Thirty days: an update every other week renews a token in time. */
const TOKEN_HOURS = 720;
/** A year: a token that is valid longer is one that nobody renews. */
const LONGEST_HOURS = 8760;

const MESH_ID: TextRule = { ...LABEL_VALUE, test: (value) => value !== "" && LABEL_VALUE.test(value) };

const apiServer = fields({
  server: pasted(cleanText, SERVER_URL).describe(
    "URL of this cluster's API server, `https://...`, as peers' istiods reach it.",
  ),
  certificateAuthority: apiServerFields.certificateAuthority.optional().meta({
    description: "Certificates, PEM, by which clients verify the API server.",
    defaultsTo: "the kubeconfig's",
  }),
});

const section = checked(
  fields({
    meshId: text(MESH_ID).describe("Istio's mesh ID, the same in all clusters of the mesh."),
    apiServer,
    tokenHours: wholeNumber({
      least: 1,
      most: LONGEST_HOURS,
      unit: "hours",
      remedy: "Write how long a peer's credential is valid: twice the time between updates, or more",
    })
      .optional()
      .meta({
        description: "Hours that a peer's credential is valid; a `pulumi up` after half of them renews it.",
        defaultsTo: `\`${TOKEN_HOURS}\``,
      }),
    longLivedTokens: z
      .boolean()
      .default(false)
      .describe("Gives peers credentials that do not expire, instead of `tokenHours`."),
    allowPeersToReadSecrets: z.boolean().default(false).meta({
      description: "Accepts that peers' istiods read all Secrets here; required with peers.",
      page: "single-mesh.md#what-istiod-needs",
    }),
  }),
  ({ tokenHours, longLivedTokens }): Complaint[] => {
    if (!longLivedTokens || tokenHours === undefined) return [];
    const rule = "is set, but 'longLivedTokens' requests credentials that do not expire";
    return [{ path: ["tokenHours"], rule, remedy: "Remove one of the two" }];
  },
).transform(({ tokenHours = TOKEN_HOURS, ...rest }) => ({ ...rest, tokenHours }));

/** The section `singleMesh`: what istiods of a single mesh need of each other. An empty one is none. */
export const singleMesh = z
  .preprocess((raw) => (isGiven(raw) ? raw : undefined), section.optional())
  .describe("With topology `single-mesh`: what its istiods need of each other.");

export type SingleMesh = NonNullable<z.output<typeof singleMesh>>;

/** Checks the section against the topology, and a single mesh's config for what only other topologies have. */
export function checkSingleMesh(draft: Draft<StackConfig>): Complaint[] {
  const { topology } = draft.sections;
  const path = ["singleMesh"];
  const isSet = draft.isSet(...path);
  if (topology === "single-mesh") {
    const remedy =
      "Write {meshId, apiServer: {server}}: the mesh's name, and where peers reach the API server";
    const missing = { path, rule: "is missing, as the topology is 'single-mesh'", remedy };
    return [
      ...(isSet ? checkConsent(draft) : [missing]),
      ...checkFederationFields(draft),
      ...checkUnusedFields(draft),
    ];
  }
  if (topology === undefined || !isSet) return [];
  const remedy = "Write topology: single-mesh, or remove this";
  return [{ path, rule: "is for another topology than this stack's", remedy, withoutValue: true }];
}

/** Checks that somebody accepted what a single mesh gives away. */
function checkConsent({ sections, keysOf, isFaulty }: Draft<StackConfig>): Complaint[] {
  const path = ["singleMesh", "allowPeersToReadSecrets"];
  const readers = keysOf("peers");
  if (sections.singleMesh?.allowPeersToReadSecrets !== false || isFaulty(...path)) return [];
  if (sections.peers === undefined || readers.length === 0) return [];
  const rule = `must be true, as there are peers (${firstNames(readers)}): this version of istiod needs to read all Secrets of the clusters of its mesh, the keys of their certificate authorities among them`;
  const remedy =
    "Accept that by writing true if whoever runs the peers may read this cluster's Secrets; otherwise choose another topology (docs/topologies.md)";
  return [{ path, rule, remedy }];
}

/** Checks that there are no settings of exports and imports: each service can be called from every cluster. */
function checkFederationFields({ isSet, keysOf }: Draft<StackConfig>): Complaint[] {
  const paths = [
    ["exports"],
    ["brake"],
    ...keysOf("peers").flatMap((peer) =>
      ["exportTo", "acceptRemoval"].map((field) => ["peers", peer, field]),
    ),
  ].filter((path) => isSet(...path));
  return paths.map((path) => ({
    path,
    rule: "has no effect in a single mesh, where every service of each cluster can be called from every other",
    remedy: "Remove it; restrict callers by AuthorizationPolicies",
    withoutValue: true,
  }));
}

/** Checks that every node takes calls to the gateway's node port: istiods use the addresses of all. */
function checkNodes(service: StackConfig["gateway"]["service"] | undefined): Complaint[] {
  const path = ["gateway", "service"];
  const complaints: Complaint[] = [];
  if (service?.type === "NodePort" && service.externalTrafficPolicy === "Local") {
    complaints.push({
      path: [...path, "externalTrafficPolicy"],
      rule: "makes nodes without a Pod of the gateway drop calls, and peers' istiods use the addresses of all nodes",
      remedy: "Make it Cluster, or the type LoadBalancer",
    });
  }
  if (service !== undefined && Object.hasOwn(service.annotations, NODE_SELECTOR_ANNOTATION)) {
    complaints.push({
      path: [...path, "annotations", NODE_SELECTOR_ANNOTATION],
      rule: "is set by the program, so that istiods find the node port on all nodes",
      remedy: "Remove it",
    });
  }
  return complaints;
}

/** Checks that there are no settings that peers' istiods read from the cluster, or from this section. */
function checkUnusedFields({ sections: { gateway, istio } }: Draft<StackConfig>): Complaint[] {
  const complaints: Complaint[] = [];
  if (gateway?.advertise !== undefined) {
    const rule = "has no effect in a single mesh: peers' istiods use the addresses of the gateway's Service";
    const remedy = "Remove it, and have a Service of type LoadBalancer or NodePort";
    complaints.push({ path: ["gateway", "advertise"], rule, remedy, withoutValue: true });
  }
  complaints.push(...checkNodes(gateway?.service));
  const rule = "is set by the program, so that it agrees with what is published to peers";
  if (valueAt(istio?.values.istiod, ["global", "meshID"]) !== undefined) {
    const path = ["istio", "values", "istiod", "global", "meshID"];
    complaints.push({ path, rule, remedy: "Remove it; set singleMesh.meshId" });
  }
  return complaints;
}
