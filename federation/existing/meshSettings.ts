import * as z from "zod";
import { DEFAULT_CLUSTER_DOMAIN } from "../core/domains.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import type { ControlPlane } from "./installedIstio.ts";

const labels = z.record(z.string(), z.string()).default({});

const labelSelector = z.object({
  matchLabels: labels,
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) }))
    .default([]),
});

/** A Kubernetes label selector. */
export type LabelSelector = z.output<typeof labelSelector>;

/** Fields read of Istio's MeshConfig, with Istio's defaults (`DefaultMeshConfig` in pkg/config/mesh). */
const meshConfig = z.object({
  trustDomain: z.string().default(DEFAULT_CLUSTER_DOMAIN),
  trustDomainAliases: z.array(z.string()).default([]),
  rootNamespace: z.string().default(ISTIO_NAMESPACE),
  enableAutoMtls: z.boolean().default(true),
  caCertificates: z.array(z.unknown()).default([]),
  discoverySelectors: z.array(labelSelector).default([]),
  defaultServiceExportTo: z.array(z.string()).default(["*"]),
  defaultDestinationRuleExportTo: z.array(z.string()).default(["*"]),
  defaultConfig: z
    .object({ proxyMetadata: z.record(z.string(), z.coerce.string()).default({}) })
    .default({ proxyMetadata: {} }),
  serviceEntryVisibility: z
    .object({
      applyToSidecars: z.boolean().default(false),
      defaultVisibility: z.string().default("PUBLIC"),
      policies: z
        .array(
          z.object({
            visibility: z.string().default("PUBLIC"),
            matchingRules: z.array(z.object({ namespaceSelector: labelSelector.optional() })).default([]),
          }),
        )
        .default([]),
    })
    .optional(),
});

/** Settings of a mesh by one of its control planes. */
export type MeshSettings = z.output<typeof meshConfig> & {
  /** Cluster domain, by istiod's argument `--domain`. */
  clusterDomain: string;
  /** Istio's cluster ID. */
  clusterId: string;
  /** Network of the cluster's Pods; "" where Istio has none. */
  network: string;
};

const injectorValues = z.object({
  global: z.object({ network: z.string().catch("") }).catch({ network: "" }),
});

/** Istio's cluster ID where nobody set one. */
const DEFAULT_CLUSTER_ID = "Kubernetes";

/** Maps in a mesh config whose keys are names of somebody else. */
const MAPS = ["proxyMetadata", "matchLabels"];

/** Parses the settings of a control plane. @returns undefined where its mesh config has other types than Istio's. */
export function meshSettings(controlPlane: ControlPlane): MeshSettings | undefined {
  const { environment, arguments: given } = controlPlane;
  const { data } = meshConfig.safeParse(inCamelCase(controlPlane.meshConfig ?? {}));
  if (data === undefined) return undefined;
  return {
    ...data,
    clusterDomain: argument(given, "--domain") ?? DEFAULT_CLUSTER_DOMAIN,
    clusterId: environment["CLUSTER_ID"] ?? DEFAULT_CLUSTER_ID,
    network: injectorValues.safeParse(controlPlane.injectorValues).data?.global.network ?? "",
  };
}

/** Returns the value of a command's option, written `--name value` or `--name=value`. */
function argument(all: readonly string[], name: string): string | undefined {
  const index = all.indexOf(name);
  if (index >= 0) return all[index + 1];
  return all.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Converts field names of protobuf (`trust_domain`), which Istio reads too, to those of JSON. */
function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]): [string, unknown][] => {
      // Null is as good as absent.
      if (field === null) return [];
      const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return [[name, MAPS.includes(name) ? field : inCamelCase(field)]];
    }),
  );
}
