import type { GatewayAddress } from "./contract.ts";
import type { ExportRule } from "./exports.ts";

/** A stack's config, checked, with its defaults filled in. */
export interface StackConfig {
  cluster: { name: string; domain: string; trustDomain: string; network: string };
  kubeconfig: { path?: string; context?: string };
  certificateAuthority: { algorithm: "ECDSA" | "RSA" };
  istio: {
    charts: { repository: string; version: string } | { folder: string };
    values: { base: Record<string, unknown>; istiod: Record<string, unknown> };
  };
  gateway: {
    service: { type: "LoadBalancer" | "NodePort" | "ClusterIP"; annotations: Record<string, string> };
    advertise?: GatewayAddress[];
    bind?: string;
    addressTimeoutSeconds: number;
    values: Record<string, unknown>;
  };
  exports: ExportRule[];
  peers: Record<string, { stack: string; exportTo: string[] }>;
  allowGatewayAddresses: string[];
}

export const CONFIG_KEYS: readonly (keyof StackConfig)[] = [
  "cluster",
  "kubeconfig",
  "certificateAuthority",
  "istio",
  "gateway",
  "exports",
  "peers",
  "allowGatewayAddresses",
];

export function parseConfig(raw: Record<string, unknown>, stack: string): StackConfig {
  throw new Error(`not there yet: ${stack} ${Object.keys(raw).join()}`);
}
