import { type GatewayWorkload, OWN_GATEWAY } from "../core/gatewayPlace.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
import { gatewayServiceAccount } from "./gatewayListeners.ts";
import { OWN_DEFAULT, type PortMode } from "./mutualTls.ts";

/** The mesh of this cluster, as far as exports and policies depend on it. */
export interface LocalMesh {
  /** Mutual TLS mode where no PeerAuthentication sets one. */
  mutualTls: PortMode;
  /** Namespaces that see a Service without an annotation. */
  serviceExportTo: readonly string[];
  /** Namespaces that see a DestinationRule without `exportTo`. */
  destinationRuleExportTo: readonly string[];
  /** Istio's root namespace, whose policies apply to all namespaces. */
  rootNamespace: string;
  gateway: GatewayWorkload;
}

/** Returns a mesh that this program installs; every update sets its mutual TLS mode again. @param values Helm values of the gateway. */
export function ownMesh(values: Readonly<Record<string, unknown>>): LocalMesh {
  return {
    mutualTls: OWN_DEFAULT,
    serviceExportTo: ["*"],
    destinationRuleExportTo: ["*"],
    rootNamespace: ISTIO_NAMESPACE,
    gateway: { ...OWN_GATEWAY, serviceAccount: gatewayServiceAccount(values) },
  };
}
