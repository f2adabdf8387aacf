import * as z from "zod";
import { type Complaint, checked } from "../schema.ts";
import { GATEWAY_NAME } from "../wellKnown.ts";
import { asRecord } from "./stackNames.ts";

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
