import * as z from "zod";
import { asRecord } from "./stackNames.ts";
import { type Complaint, checked, fields, someText, text, type TextRule, pattern } from "../core/schema.ts";
import { GATEWAY_NAME } from "../core/wellKnown.ts";

/** Helm values as dotted paths, and the config field that sets each. */
type Reserved = Readonly<Record<string, string>>;

/** What the contract promises to peers: the charts must be told the same, so one field sets both. */
const ISTIOD: Reserved = {
  "global.multiCluster.clusterName": "cluster.name",
  "global.network": "cluster.network",
  "global.proxy.clusterDomain": "cluster.domain",
  "meshConfig.caCertificates": "peers",
  "meshConfig.trustDomain": "cluster.trustDomain",
};

/** What the gateway's own Service and Gateway object select it by. */
const GATEWAY: Reserved = {
  "labels.app": "nothing: the name is fixed",
  "labels.istio": "nothing: the name is fixed",
  name: "nothing: the name is fixed",
  "service.type": "gateway.service.type",
};

/** Any Helm values but those which the program must set itself: Helm and the charts judge the rest. */
function valuesWithout(reserved: Reserved) {
  return checked(z.record(z.string(), z.unknown()), (values): Complaint[] =>
    Object.entries(reserved).flatMap(([dotted, field]) => {
      const path = dotted.split(".");
      if (!isSet(values, path)) return [];
      return [
        {
          path,
          rule: "is set by the program, so that it agrees with the rest",
          remedy: `Remove it; set ${field}`,
        },
      ];
    }),
  ).prefault({});
}

function isSet(values: unknown, path: readonly string[]): boolean {
  const value = path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    values,
  );
  return value !== undefined;
}

/** Name of the gateway's service account, as the gateway's chart gives it by these Helm values (its template `_helpers.tpl`). */
export function gatewayAccount(values: Readonly<Record<string, unknown>>): string {
  const { create = true, name } = asRecord(values["serviceAccount"]);
  if (typeof name === "string" && name !== "") return name;
  return create === false ? "default" : GATEWAY_NAME;
}

export const baseValues = valuesWithout({});
export const istiodValues = valuesWithout(ISTIOD);
export const gatewayValues = valuesWithout(GATEWAY);
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
    repository: text(REPOSITORY).optional(),
    version: text(VERSION).optional(),
    folder: someText.optional(),
  }),
  ({ repository, version, folder }): Complaint[] => {
    if (folder === undefined || (repository ?? version) === undefined) return [];
    const rule = "excludes 'repository' and 'version': charts come from one place";
    return [{ path: ["folder"], rule, remedy: "Remove 'folder', or both of the others" }];
  },
).transform(({ repository = DEFAULT_REPOSITORY, version = DEFAULT_VERSION, folder }) =>
  folder === undefined ? { repository, version } : { folder },
);

/** Where Istio's charts come from, and extra values for them. */
export const istio = fields({
  charts: charts.prefault({}),
  values: fields({ base: baseValues, istiod: istiodValues }).prefault({}),
});
