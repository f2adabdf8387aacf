import * as z from "zod";
import { MANAGED_BY } from "./labels.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE } from "./wellKnown.ts";

/** Schema of a gateway's place, as the next run reads it. */
export const gatewayPlaceRecord = z.object({
  namespace: z.string(),
  /** Name of the Gateway object, which is this program's in any case. */
  object: z.string(),
  /** Name of the Service that peers call. */
  service: z.string(),
  /** Labels of the Pods that the Gateway object and policies select. */
  selector: z.record(z.string(), z.string()),
});

/** Place of the east-west gateway, and how Istio's objects select its Pods. */
export type GatewayPlace = Readonly<z.output<typeof gatewayPlaceRecord>>;

/** The gateway as workloads see it: a place with an identity. */
export interface GatewayWorkload extends GatewayPlace {
  /** Name of the service account of its Pods. */
  serviceAccount: string;
}

/** Place of the gateway that this program installs. */
export const OWN_GATEWAY: GatewayPlace = {
  namespace: GATEWAY_NAMESPACE,
  object: GATEWAY_NAME,
  service: GATEWAY_NAME,
  selector: { istio: GATEWAY_NAME },
};

/** Returns the place of the gateway by the config: of this program's own, or of one that somebody else runs. */
export function gatewayPlace({
  existing,
}: {
  existing: Omit<GatewayPlace, "object"> | undefined;
}): GatewayPlace {
  return existing === undefined ? OWN_GATEWAY : { ...existing, object: MANAGED_BY };
}

/** Ports of a Service. */
export type ServicePorts = readonly {
  port: number;
  /** Number or name; the Service's port where it is missing. */
  targetPort?: number | string;
  protocol?: string;
}[];

/** Finds the port of a Service that leads to a port of its Pods. A named one of the same number is taken to be that port. */
export function portTo<P extends ServicePorts[number]>(ports: readonly P[], target: number): P | undefined {
  const tcp = ports.filter(({ protocol = "TCP" }) => protocol === "TCP");
  const isNamed = ({ port, targetPort }: P): boolean => port === target && typeof targetPort === "string";
  return tcp.find(({ port, targetPort = port }) => targetPort === target) ?? tcp.find(isNamed);
}
