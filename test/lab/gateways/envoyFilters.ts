import type { RunningLab } from "../../../lab/lab.ts";
import { objectsOf } from "../importedHosts.ts";
import type { NameServer } from "./nameServer.ts";

const RESOURCE = { group: "networking.istio.io", version: "v1alpha3", plural: "envoyfilters" };
const EXTENSIONS = "type.googleapis.com/envoy.extensions";

/** A change of what istiod tells the sidecars of a namespace about one service. */
interface Patch {
  readonly name: string;
  /** Whose sidecars; all of the namespace without it. */
  readonly app?: string;
  /** Fields of Envoy's cluster. */
  readonly value: object;
}

/** Has the sidecars of a namespace, for one service, ask this server for names, instead of those in the machine's /etc/resolv.conf. */
export function asking({ address, port }: NameServer): Patch {
  const config = {
    "@type": `${EXTENSIONS}.network.dns_resolver.cares.v3.CaresDnsResolverConfig`,
    resolvers: [{ socket_address: { protocol: "UDP", address, port_value: port } }],
    dns_resolver_options: { no_default_search_domain: true },
  };
  return {
    name: "name-server",
    value: { typed_dns_resolver_config: { name: "envoy.network.dns_resolver.cares", typed_config: config } },
  };
}

/**
 * Has the sidecar of an app open a connection for each request to a service. By an EnvoyFilter, as a DestinationRule in the caller's
 * namespace would take the place of the program's.
 */
export function freshConnectionsOf(app: string): Patch {
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

/** Makes such changes in a cluster of the lab. @returns what takes them back. */
export async function patchSidecars(
  lab: RunningLab,
  { context, namespace, service }: { context: string; namespace: string; service: string },
  patches: readonly Patch[],
): Promise<() => Promise<void>> {
  const objects = objectsOf(lab, context);
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
