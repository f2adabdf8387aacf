import { matches } from "../federation/core/labels.ts";
import { sortedUnique } from "../federation/core/order.ts";
import type { Workload } from "../federation/exports/clusterServices.ts";
import { clientTlsSettings } from "../federation/traffic/clientTls.ts";
import type { GatewaySpec } from "../federation/traffic/specs.ts";
import type { TrafficObject } from "../federation/traffic/trafficObject.ts";
import { ofKind } from "../federation/traffic/trafficRule.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { readServerSecret } from "./serverSecret.ts";

/** Reads the Secrets that objects name; istiod takes them from the namespace of the proxy, so they may be in several. */
export async function readTrafficSecrets(
  client: ClusterClient,
  objects: readonly TrafficObject[],
  workloads: readonly Workload[],
): Promise<Record<string, Awaited<ReturnType<typeof readServerSecret>>>> {
  const names = sortedUnique([
    ...ofKind(objects, "Gateway").flatMap(({ object, spec }) =>
      namesAt(workloads, spec.selector ?? {}, object.namespace, gatewayCredentials(spec)),
    ),
    ...ofKind(objects, "DestinationRule").flatMap(({ object, spec }) =>
      namesAt(
        workloads.filter(({ namespace }) => namespace === object.namespace),
        spec.workloadSelector?.matchLabels ?? {},
        object.namespace,
        clientTlsSettings(spec).flatMap(({ tls }) => tls.credentialName ?? []),
      ),
    ),
  ]);
  const read = names.map(async (key) => {
    const [namespace = "", name = ""] = key.split("/");
    return [key, await readServerSecret(client, namespace, name)] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Places of Secrets, as `namespace/name`: in the namespaces of the Pods that a selector matches, and in the object's own. */
function namesAt(
  workloads: readonly Workload[],
  selector: Record<string, string>,
  own: string,
  credentials: readonly string[],
): string[] {
  const selected = workloads
    .filter(({ labels }) => matches(selector, labels))
    .map(({ namespace }) => namespace);
  const namespaces = sortedUnique([own, ...(Object.keys(selector).length === 0 ? [] : selected)]);
  return namespaces.flatMap((namespace) => credentials.map((name) => `${namespace}/${name}`));
}

/** Names of the Secrets of a Gateway's servers. */
function gatewayCredentials({ servers = [] }: GatewaySpec): string[] {
  return servers.flatMap(({ tls }) => [
    ...(tls?.credentialName === undefined ? [] : [tls.credentialName]),
    ...(tls?.credentialNames ?? []),
  ]);
}
