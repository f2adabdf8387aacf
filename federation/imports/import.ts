import * as z from "zod";
import { type ServicePort, servicePort } from "../contract/service.ts";
import type { GatewayAddress } from "../core/address.ts";
import { FaultsError } from "../core/fault.ts";
import { DNS_LABEL, EXPORT_TO, HOST_NAME, SERVICE_NAME } from "../core/names.ts";
import { sortedUnique } from "../core/order.ts";
import { faultsOf, text } from "../core/schema.ts";
import { SPIFFE_ID } from "../core/spiffe.ts";
import { formatOutlierDetection, outlierDetection, sortOutlierDetection } from "./outlierDetection.ts";

/** Highest weight of a gateway: the weights of all gateways together stay below Envoy's limit. */
const WEIGHT_LIMIT = 1000;

const weight = z
  .number()
  .refine((value) => Number.isInteger(value) && value >= 1 && value <= WEIGHT_LIMIT, {
    error: `must be a whole number from 1 to ${WEIGHT_LIMIT}`,
    params: { remedy: "Choose such a number" },
  })
  .optional();

const servingPeer = z
  .strictObject({ peer: text(DNS_LABEL), weight })
  .transform((value) => ({ peer: value.peer, weight: value.weight }));

/** A peer that serves a host together with others; a gateway of it has weight 1 when none is given. */
export type ServingPeer = z.output<typeof servingPeer>;

/** The peers that serve one host together. */
export const servingPeers = z.array(servingPeer).min(1);

const schema = z
  .strictObject({
    ports: z.array(servicePort).min(1),
    subjectAltNames: z.array(text(SPIFFE_ID)).min(1),
    remoteHost: text(HOST_NAME).optional(),
    terminated: z.boolean().default(false),
    servedBy: servingPeers.optional(),
    exportTo: z.array(text(EXPORT_TO)).min(1).optional(),
    outlierDetection: outlierDetection.optional(),
    localService: text(SERVICE_NAME).optional(),
  })
  .transform((value) => ({
    ports: value.ports,
    /** SPIFFE ids of the workloads, or of the peer's gateway where it terminates TLS. */
    subjectAltNames: value.subjectAltNames,
    /** Host name in the peer's cluster; undefined where the host has the same name here. */
    remoteHost: value.remoteHost,
    /** Whether the peer's gateway terminates TLS; else it passes the service through. */
    terminated: value.terminated,
    /** Peers whose gateways serve the host, sorted, the registering one among them; empty: the registering one alone. */
    servedBy: value.servedBy ?? [],
    /** Namespaces whose workloads see the host, sorted, `*` for all; empty: those of the peer's services in general. */
    exportTo: value.exportTo ?? [],
    /** Undefined: no gateway is ever ejected. */
    outlierDetection: value.outlierDetection,
    /** Name of the Service here by which clients find the host too; undefined: there is none. */
    localService: value.localService,
  }));

/** One service of a peer as it is registered here under one host name. */
export type Import = z.output<typeof schema>;

/** An import, and everything else that its objects are rendered from. */
export interface ServiceEntryInput {
  /** Host name here; the ServiceEntry's name too, so that it never changes. */
  host: string;
  service: Import;
  /** The peer's gateways; at least one, or Istio would have an entry to nowhere. */
  gateways: readonly GatewayAddress[];
  /** Gateways of the other peers that serve hosts of this one too, by peer. */
  otherGateways: Readonly<Record<string, readonly GatewayAddress[]>>;
  /** Namespaces whose workloads see the host unless the import names its own; `*` for all. */
  exportTo: readonly string[];
  /** Namespace of the objects. */
  namespace: string;
  /** Name of the peer, for the labels. */
  peer: string;
}

/** Namespaces that see a host: the import's own, or those of the peer's services in general, sorted. */
export function visibleTo({ exportTo }: Import, usual: readonly string[]): string[] {
  return sortedUnique(exportTo.length > 0 ? exportTo : usual);
}

/** An import without any setting: ports and identities as published, under the published name. */
export function plainImport({
  ports,
  subjectAltNames,
  terminated,
}: Pick<Import, "ports" | "subjectAltNames"> & { terminated?: boolean | undefined }): Import {
  return {
    ports,
    subjectAltNames,
    remoteHost: undefined,
    terminated: terminated ?? false,
    servedBy: [],
    exportTo: [],
    outlierDetection: undefined,
    localService: undefined,
  };
}

/**
 * Renders an import as JSON, for the inputs of `ImportedServices`. Equal imports give equal text.
 * One text per host keeps the state of 10,000 services at 2 MB, and Pulumi still shows it field by field in a diff.
 */
export function importToJson(service: Import): string {
  const { remoteHost, terminated, servedBy, exportTo, localService } = service;
  return JSON.stringify({
    ports: service.ports.map(({ number, name, protocol }) => ({ number, name, protocol })),
    subjectAltNames: service.subjectAltNames,
    remoteHost,
    terminated: terminated ? true : undefined,
    servedBy:
      servedBy.length === 0 ? undefined : servedBy.map((each) => ({ peer: each.peer, weight: each.weight })),
    exportTo: exportTo.length === 0 ? undefined : exportTo,
    outlierDetection: service.outlierDetection && sortOutlierDetection(service.outlierDetection),
    localService,
  });
}

/**
 * Parses and validates the JSON of an import.
 * @throws FaultsError when it is no import; SyntaxError when it is no JSON.
 */
export function importFromJson(json: string): Import {
  const value: unknown = JSON.parse(json);
  const parsed = toImport(value);
  if (parsed.success) return parsed.data;
  throw new FaultsError("import", faultsOf(parsed.error, value));
}

/** Validates what may be an import. */
export function toImport(value: unknown): z.ZodSafeParseResult<Import> {
  return schema.safeParse(value);
}

/** The fields of an import's line, each with the word before it. */
const LINE: readonly [field: keyof Import, word: string, format: (service: Import) => string][] = [
  ["ports", "", ({ ports }) => formatPorts(ports)],
  ["remoteHost", "of ", ({ remoteHost = "" }) => remoteHost],
  ["subjectAltNames", "as ", ({ subjectAltNames }) => subjectAltNames.join(", ")],
  ["terminated", "", ({ terminated }) => (terminated ? "terminated" : "")],
  ["servedBy", "servedBy ", ({ servedBy }) => formatServingPeers(servedBy)],
  ["exportTo", "exportTo ", ({ exportTo }) => exportTo.join(", ")],
  [
    "outlierDetection",
    "outlierDetection ",
    ({ outlierDetection: settings }) => formatOutlierDetection(settings),
  ],
  ["localService", "localService ", ({ localService = "" }) => localService],
];

/**
 * Formats an import as one line, for display only: `8080/HTTP http, 9090/GRPC grpc of bar.xyz.svc.b.local as
 * spiffe://b.local/ns/xyz/sa/bar terminated servedBy b, c weight 3 exportTo shop`. Unset fields are left out.
 */
export function formatImport(service: Import): string {
  return LINE.map(([, word, format]) => [word, format(service)] as const)
    .filter(([, value]) => value !== "")
    .map(([word, value]) => `${word}${value}`)
    .join(" ");
}

/** Formats the fields in which two imports differ: `ports 8080/HTTP http => 8081/HTTP http`; "" for equal ones. */
export function formatImportChange(before: Import, after: Import): string {
  return LINE.flatMap(([field, , format]) => {
    const [old, now] = [format(before), format(after)];
    return old === now ? [] : [`${field} ${old || "none"} => ${now || "none"}`];
  }).join("; ");
}

/** Formats ports for display: `8080/HTTP http, 9090/GRPC grpc`. */
export function formatPorts(ports: readonly ServicePort[]): string {
  return ports.map(({ number, name, protocol }) => `${number}/${protocol} ${name}`).join(", ");
}

function formatServingPeers(peers: readonly ServingPeer[]): string {
  return peers
    .map((each) => (each.weight === undefined ? each.peer : `${each.peer} weight ${each.weight}`))
    .join(", ");
}
