import { CustomObjectsApi } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { RunningLab } from "../lab.ts";

const RESOURCE = { group: "networking.istio.io", version: "v1alpha3", plural: "envoyfilters" };
const EXTENSIONS = "type.googleapis.com/envoy.extensions";

/** A change of sidecars' configuration for one called service. */
export interface SidecarPatch {
  readonly name: string;
  /** App whose sidecars are changed. Default: all of the namespace. */
  readonly app?: string;
  /** Fields of Envoy's cluster. */
  readonly value: object;
}

/**
 * Makes the sidecars of an app open a connection for each request to a service. By an EnvoyFilter, as a DestinationRule in the caller's
 * namespace would take the place of the program's.
 */
export function freshConnectionsOf(app: string): SidecarPatch {
  const options = {
    "@type": `${EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions`,
    common_http_protocol_options: { max_requests_per_connection: 1 },
    explicit_http_config: { http_protocol_options: {} },
  };
  const key = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    name: `fresh-connections-${app}`,
    app,
    value: { typed_extension_protocol_options: { [key]: options } },
  };
}

/** Applies patches in a cluster of the lab. @returns a function that removes them. */
export async function patchSidecars(
  { kubeconfig }: Pick<RunningLab, "kubeconfig">,
  { context, namespace, service }: { context: string; namespace: string; service: string },
  patches: readonly SidecarPatch[],
): Promise<() => Promise<void>> {
  const objects = loadContext(kubeconfig, context).makeApiClient(CustomObjectsApi);
  for (const { name, app, value } of patches) {
    const match = { context: "SIDECAR_OUTBOUND", cluster: { service } };
    const body = {
      apiVersion: `${RESOURCE.group}/${RESOURCE.version}`,
      kind: "EnvoyFilter",
      metadata: { name, namespace },
      spec: {
        ...(app === undefined ? {} : { workloadSelector: { labels: { app } } }),
        configPatches: [{ applyTo: "CLUSTER", match, patch: { operation: "MERGE", value } }],
      },
    };
    await objects.createNamespacedCustomObject({ ...RESOURCE, namespace, body });
  }
  return async () => {
    for (const { name } of patches)
      await objects.deleteNamespacedCustomObject({ ...RESOURCE, namespace, name });
  };
}
