import * as z from "zod";
import { checkGatewayAuthority, checkIstiodAuthority } from "./authorityValues.ts";
import {
  type Complaint,
  checked,
  fields,
  pattern,
  someText,
  text,
  type TextRule,
  valueAt,
} from "../core/schema.ts";

/** Helm values as dotted paths, and the config field that sets each. */
type Reserved = Readonly<Record<string, string>>;

/** Values that the contract publishes to peers: the charts and the contract take them from one field. */
const ISTIOD: Reserved = {
  "global.multiCluster.clusterName": "cluster.name",
  "global.network": "cluster.network",
  "global.proxy.clusterDomain": "cluster.domain",
  "meshConfig.caCertificates": "peers",
  "meshConfig.trustDomain": "cluster.trustDomain",
};

/** Labels and names by which the gateway's Service and Gateway object select the gateway. */
const GATEWAY: Reserved = {
  "labels.app": "nothing: the name is fixed",
  "labels.istio": "nothing: the name is fixed",
  name: "nothing: the name is fixed",
  "service.type": "gateway.service.type",
};

/** Any Helm values except those that the program sets itself; Helm and the charts validate the rest. */
function valuesWithout(reserved: Reserved) {
  return checked(z.record(z.string(), z.unknown()), (values): Complaint[] =>
    Object.entries(reserved).flatMap(([dotted, field]) => {
      const path = dotted.split(".");
      if (valueAt(values, path) === undefined) return [];
      const rule = "is set by the program, so that it agrees with the rest";
      return [{ path, rule, remedy: `Remove it; set ${field}` }];
    }),
  ).prefault({});
}

export const gatewayValues = checked(valuesWithout(GATEWAY), checkGatewayAuthority);

/** Istio's own Helm repository, and the version that this program is tested with. */
const DEFAULT_REPOSITORY = "https://istio-release.storage.googleapis.com/charts";
const DEFAULT_VERSION = "1.31.1";

const REPOSITORY: TextRule = {
  test: (value) => /^(?:https?|oci):\/\/[^/]/.test(value) && URL.canParse(value),
  rule: "must be the URL of a Helm repository: https://, http:// or oci://",
  remedy: "Write the URL, or use 'folder' for charts on this machine",
};

/** A range would make the same code install different things on different days. */
const VERSION = pattern(
  /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/,
  100,
  "must be one exact version",
  "Write all three numbers, e.g. 1.31.1, in quotes",
);

const charts = checked(
  fields({
    repository: text(REPOSITORY).optional().meta({
      description: "URL of a Helm repository, `https://` or `oci://`.",
      defaultsTo: "Istio's own",
    }),
    version: text(VERSION)
      .optional()
      .meta({
        description: "One exact version of Istio's charts.",
        defaultsTo: `\`${DEFAULT_VERSION}\``,
      }),
    folder: someText.optional().meta({
      description:
        "Instead: local folder that holds `base/`, `istiod/` and `gateway/` (`helm pull --untar`).",
      defaultsTo: "none",
    }),
  }),
  ({ repository, version, folder }): Complaint[] => {
    if (folder === undefined || (repository ?? version) === undefined) return [];
    const rule = "excludes 'repository' and 'version': charts come from one place";
    return [{ path: ["folder"], rule, remedy: "Remove 'folder', or both of the others" }];
  },
).transform(({ repository = DEFAULT_REPOSITORY, version = DEFAULT_VERSION, folder }) =>
  folder === undefined ? { repository, version } : { folder },
);

const values = fields({
  base: valuesWithout({}).describe("Helm values of the base chart, merged over the program's."),
  istiod: checked(valuesWithout(ISTIOD), checkIstiodAuthority).describe(
    "Helm values of the istiod chart, merged over the program's.",
  ),
});

/** The section `istio`: where Istio's charts come from, and extra values for them. */
export const istio = fields({ charts: charts.prefault({}), values: values.prefault({}) })
  .prefault({})
  .describe("Istio's charts and extra Helm values; a list replaces the program's list.");
