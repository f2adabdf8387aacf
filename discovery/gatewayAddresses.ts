import type { SurveyedCluster } from "./surveyedCluster.ts";
import type { GatewayAddress } from "../federation/core/address.ts";
import { readGatewayStatus } from "../kubernetes/gatewayService.ts";

/**
 * Looks where the gateway's Service is reached now.
 * @param port of the Service, as peers call it.
 * @returns sorted; empty while it has no address or does not exist; undefined when there is no cluster to ask.
 * @throws FaultsError when the cluster refuses, or the kubeconfig does not lead to one.
 */
export async function observeGateway(
  cluster: SurveyedCluster,
  namespace: string,
  service: string,
  port: number,
): Promise<GatewayAddress[] | undefined> {
  const sighting = await cluster.read((client) => readGatewayStatus(client, { namespace, service, port }));
  if ("unreachable" in sighting) return undefined;
  return "addresses" in sighting ? sighting.addresses : [];
}
