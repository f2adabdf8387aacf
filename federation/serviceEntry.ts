import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { IP_ADDRESS } from "./address.ts";
import { type GatewayAddress, compareGateways, gatewayAddress } from "./contract.ts";
import type { ImportedService } from "./importLine.ts";
import { PEER_LABEL, TLS_MODE_LABEL, importLabels } from "./labels.ts";
import { sortedUnique } from "./order.ts";
import { PROTOCOLS } from "./protocol.ts";

/** An Istio ServiceEntry, as far as this program writes one. */
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

/** What a ServiceEntry is rendered from. */
export interface ServiceEntryInput {
  /** Full name of the service in the peer's cluster; the object's name too, so that it never changes. */
  host: string;
  service: ImportedService;
  /** The peer's gateways; at least one, or Istio would have an entry to nowhere. */
  gateways: readonly GatewayAddress[];
  /** Namespaces whose workloads see it; `*` for all. */
  exportTo: readonly string[];
  /** Where the object is put. */
  namespace: string;
  /** Name of the peer, for the labels. */
  peer: string;
}

/**
 * Renders a peer's service as a ServiceEntry: one host, its endpoints the peer's gateways. Same input, same bytes, in whatever
 * order its lists come.
 *
 * - `STATIC` when every gateway is an IP address, else `DNS`, which takes addresses and names side by side.
 * - The endpoint's `tlsMode` label is what makes Istio speak mutual TLS to it; the far workload's identity is in
 *   `subjectAltNames`. `serviceAccount` would name one of *our* trust domain, and `network` would have istiod
 *   replace the address by a gateway of its own: neither is written.
 */
export function renderServiceEntry(input: ServiceEntryInput): ServiceEntry {
  const { host, service, namespace, peer } = input;
  const ports = [...service.ports].sort((one, other) => one.number - other.number);
  const gateways = [...input.gateways].sort(compareGateways);
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: host, namespace, labels: importLabels(peer) },
    spec: {
      hosts: [host],
      location: "MESH_INTERNAL",
      resolution: gateways.every(({ address }) => IP_ADDRESS.test(address)) ? "STATIC" : "DNS",
      ports: ports.map(({ number, name, protocol }) => ({ number, name, protocol })),
      endpoints: gateways.map(({ address, port, locality }) => ({
        address,
        ports: Object.fromEntries(ports.map(({ name }) => [name, port])),
        labels: { [TLS_MODE_LABEL]: "istio" },
        ...(locality === undefined ? {} : { locality }),
      })),
      subjectAltNames: sortedUnique(service.subjectAltNames),
      exportTo: sortedUnique(input.exportTo),
    },
  };
}

const texts = z.array(z.string());
const entry = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.object({
    ports: z.array(z.object({ number: z.number(), name: z.string(), protocol: z.enum(PROTOCOLS) })),
    endpoints: z.array(
      z.object({
        address: z.string(),
        ports: z.record(z.string(), z.number()),
        locality: z.string().exactOptional(),
      }),
    ),
    subjectAltNames: texts,
    exportTo: texts,
  }),
});

/**
 * Finds what {@link renderServiceEntry} made an object from.
 * @param object a ServiceEntry as the API server gives it; other people's labels, annotations and `status` do not matter.
 * @returns `undefined` when no input gives this `spec`: then it was edited by hand, or is not ours.
 */
export function parseServiceEntry(object: unknown): ServiceEntryInput | undefined {
  const parsed = entry.safeParse(object);
  if (!parsed.success) return undefined;
  const { metadata, spec } = parsed.data;
  const gateways = spec.endpoints.map(({ address, ports, locality }) => {
    const port = Object.values(ports)[0];
    return gatewayAddress.safeParse({ address, port, ...(locality === undefined ? {} : { locality }) });
  });
  const input = {
    host: metadata.name,
    service: { ports: spec.ports, subjectAltNames: spec.subjectAltNames },
    gateways: gateways.flatMap(({ data }) => data ?? []),
    exportTo: spec.exportTo,
    namespace: metadata.namespace,
    peer: metadata.labels[PEER_LABEL] ?? "",
  };
  const { spec: rendered, metadata: expected } = renderServiceEntry(input);
  const labelled = Object.entries(expected.labels).every(([key, value]) => metadata.labels[key] === value);
  return labelled && isDeepStrictEqual(rendered, (object as { spec: unknown }).spec) ? input : undefined;
}
