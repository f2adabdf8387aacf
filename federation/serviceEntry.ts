import type { GatewayAddress } from "./contract.ts";
import type { ImportedService } from "./importLine.ts";

export interface ServiceEntry {
  apiVersion: "networking.istio.io/v1";
  kind: "ServiceEntry";
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: {
    hosts: string[];
    location: "MESH_INTERNAL";
    resolution: "STATIC" | "DNS";
    ports: { number: number; name: string; protocol: string }[];
    endpoints: {
      address: string;
      ports: Record<string, number>;
      labels: Record<string, string>;
      locality?: string;
    }[];
    subjectAltNames: string[];
    exportTo: string[];
  };
}

export interface ServiceEntryInput {
  host: string;
  service: ImportedService;
  gateways: readonly GatewayAddress[];
  exportTo: readonly string[];
  namespace: string;
  peer: string;
}

export function renderServiceEntry(input: ServiceEntryInput): ServiceEntry {
  throw new Error(`not there yet: ${input.host}`);
}

export function parseServiceEntry(object: unknown): ServiceEntryInput | undefined {
  throw new Error(`not there yet: ${String(object)}`);
}
