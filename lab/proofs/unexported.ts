import { CustomObjectsApi } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { Lab } from "../lab.ts";
import { waitFor } from "../ready.ts";
import { callService } from "../workloads/call.ts";
import { portsOf, protocolOfPort, SERVICE_PORT } from "../workloads/workload.ts";
import { GATEWAY_PORT, whoAnswers } from "./gateway.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

const PROPAGATION_SECONDS = 30;
/** After a change of configuration the first request may still follow the old one. */
const CALLS = 2;
const SERVICE_ENTRIES = { group: "networking.istio.io", version: "v1", plural: "serviceentries" };

/**
 * A service that is not exported is refused, even to a caller whose cluster has the ServiceEntry of an import. The gateway is asked
 * directly, too: it passes through to what is exported, and closes a connection to what is not.
 *
 * @param to workload that is not exported.
 * @param exported workload that is, behind the same gateway.
 * @param gateway address of that gateway.
 */
export function unexportedRefused(from: Party, to: Party, exported: Party, gateway: string): Proof {
  const host = hostOf(to);
  return {
    claim: "a service that is not exported is refused at the gateway, even with a hand-made ServiceEntry",
    caller: nameOf(from),
    callee: host,
    run: async ({ lab }) =>
      withHandMadeEntry(lab, from, to, gateway, async () => {
        const known = async () => (await callService(from, host, SERVICE_PORT)).addresses.length > 0;
        await waitFor(`the sidecar of ${nameOf(from)} does not know ${host}`, known, PROPAGATION_SECONDS);
        const statuses: number[] = [];
        for (let call = 0; call < CALLS; call++) {
          statuses.push((await callService(from, host, SERVICE_PORT)).status);
        }
        const endpoint = `${gateway}:${GATEWAY_PORT}`;
        const answers = [await whoAnswers(endpoint, host), await whoAnswers(endpoint, hostOf(exported))];
        const passed =
          !statuses.includes(200) && answers[0] === undefined && answers[1] === identityOf(exported);
        const seen = `statuses ${statuses.join(", ")}; behind the gateway answered ${answers[0]}, and for what is exported ${answers[1]}`;
        return {
          passed,
          status: `${statuses.at(-1)}${passed ? " refused" : ""}`,
          reason: `expected the gateway to refuse this and only this, got ${seen}`,
        };
      }),
  };
}

/**
 * Runs `work` while a cluster has the ServiceEntry that an import of the service would make.
 *
 * @param from caller; its namespace gets the ServiceEntry.
 * @param gateway address of the peer's gateway, or of what poses as it.
 */
export async function withHandMadeEntry<T>(
  lab: Pick<Lab, "kubeconfig">,
  from: Party,
  to: Party,
  gateway: string,
  work: () => Promise<T>,
): Promise<T> {
  const objects = loadContext(lab.kubeconfig, from.cluster).makeApiClient(CustomObjectsApi);
  const place = { ...SERVICE_ENTRIES, namespace: from.namespace };
  await objects.createNamespacedCustomObject({ ...place, body: handMadeEntry(from, to, gateway) });
  try {
    return await work();
  } finally {
    await objects.deleteNamespacedCustomObject({ ...place, name: hostOf(to) });
  }
}

function handMadeEntry(from: Party, to: Party, gateway: string): object {
  const name = hostOf(to);
  const ports = portsOf(to);
  const endpoint = { address: gateway, labels: { "security.istio.io/tlsMode": "istio" } };
  return {
    apiVersion: `${SERVICE_ENTRIES.group}/${SERVICE_ENTRIES.version}`,
    kind: "ServiceEntry",
    metadata: { name, namespace: from.namespace },
    spec: {
      hosts: [name],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: ports.map((port) => ({ number: port.number, name: port.name, protocol: protocolOfPort(port) })),
      subjectAltNames: [identityOf(to)],
      endpoints: [{ ...endpoint, ports: Object.fromEntries(ports.map((port) => [port.name, GATEWAY_PORT])) }],
    },
  };
}
