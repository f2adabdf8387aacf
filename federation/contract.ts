import * as z from "zod";
import { ADDRESS, LOCALITY, canonicalAddress } from "./address.ts";
import { canonicalCertificate } from "./certificate.ts";
import { type Fault, FaultsError, pathOf, quote, within } from "./fault.ts";
import { DNS_LABEL, HOST_NAME, NETWORK } from "./hostname.ts";
import { compare, sortedRecord, sortedUnique } from "./order.ts";
import { PROTOCOLS, type Protocol } from "./protocol.ts";
import { type Complaint, checked, faultsOf, portNumber, text } from "./schema.ts";
import { SPIFFE_ID, TRUST_DOMAIN } from "./spiffe.ts";

/** Version of the contract that this program writes, and the newest that it reads. */
export const SCHEMA_VERSION = 1;

/** Limits of a ServiceEntry, by its CustomResourceDefinition. */
const PORTS_LIMIT = 256;
const ENDPOINTS_LIMIT = 4096;

/** A port as the peer's registry has it: callers must use the same number. */
export interface ServicePort {
  number: number;
  /** DNS-1123 label, unique in the service. */
  name: string;
  protocol: Protocol;
}

/** What a cluster offers under one host name. */
export interface ContractService {
  /** At least one, by number. */
  ports: ServicePort[];
  /** SPIFFE ids of the workloads that may answer. Never empty: Istio would take any trusted certificate. */
  subjectAltNames: string[];
  /** Names of the only clusters that may import it; all may when left out, none when empty. */
  peers?: string[];
}

/** Where an east-west gateway is reached. */
export interface GatewayAddress {
  /** IPv4, IPv6 (without brackets) or DNS name. */
  address: string;
  /** 1 to 65535; 15443 by Istio's convention. */
  port: number;
  /** `region[/zone[/subzone]]`. */
  locality?: string;
}

/** What a cluster publishes as its stack output `federation`. */
export interface Contract {
  schemaVersion: 1;
  /** Name of the cluster. */
  cluster: string;
  clusterDomain: string;
  trustDomain: string;
  network: string;
  /** One CA certificate in PEM per entry. */
  rootCertificates: string[];
  /** Empty as long as the gateway has no address. */
  gateways: GatewayAddress[];
  /** By full host name, e.g. `bar.xyz.svc.cluster-b.local`. */
  services: Record<string, ContractService>;
}

const certificate = z.string().check((context) => {
  const pem = canonicalCertificate(context.value);
  if (pem !== undefined) {
    context.value = pem;
    return;
  }
  const message = "must be exactly one CA certificate in PEM";
  const params = { remedy: "Publish each root as a list entry of its own", withoutValue: true };
  context.issues.push({ code: "custom", input: context.value, message, params });
});

/** Where a gateway is reached; the address comes out in its canonical spelling. */
export const gatewayAddress = z.object({
  address: z.string().overwrite(canonicalAddress).pipe(text(ADDRESS)),
  port: portNumber,
  locality: text(LOCALITY).exactOptional(),
});

/** Compares gateways by address, then port, then locality. */
export function compareGateways(one: GatewayAddress, other: GatewayAddress): number {
  return (
    compare(one.address, other.address) ||
    one.port - other.port ||
    compare(one.locality ?? "", other.locality ?? "")
  );
}

const service = checked(
  z.object({
    ports: z.array(z.object({ number: portNumber, name: text(DNS_LABEL), protocol: z.enum(PROTOCOLS) })),
    subjectAltNames: z.array(text(SPIFFE_ID)),
    peers: z.array(text(DNS_LABEL)).exactOptional(),
  }),
  ({ ports, subjectAltNames }) => [
    ...size("ports", ports, 1, PORTS_LIMIT),
    ...repeats("ports", ports, "number"),
    ...repeats("ports", ports, "name"),
    // Without any, Istio takes every certificate of every trusted root as the service's.
    ...size("subjectAltNames", subjectAltNames, 1, Number.POSITIVE_INFINITY),
  ],
);

const document = checked(
  z.object({
    schemaVersion: z.literal(SCHEMA_VERSION),
    cluster: text(DNS_LABEL),
    clusterDomain: text(HOST_NAME),
    trustDomain: text(TRUST_DOMAIN),
    network: text(NETWORK),
    rootCertificates: z.array(certificate),
    gateways: z.array(gatewayAddress),
    services: z.record(z.string(), z.unknown()),
  }),
  ({ rootCertificates, gateways }) => [
    ...size("rootCertificates", rootCertificates, 1, Number.POSITIVE_INFINITY),
    ...size("gateways", gateways, 0, ENDPOINTS_LIMIT),
  ],
);

function size(field: string, list: unknown, least: number, most: number): Complaint[] {
  if (!Array.isArray(list) || (list.length >= least && list.length <= most)) return [];
  const rule =
    list.length < least ? `must have at least ${least} entry` : `must have at most ${most} entries`;
  return [
    { path: [field], rule, remedy: `Publish ${list.length < least ? "one" : "fewer"}`, withoutValue: true },
  ];
}

function repeats(field: string, list: unknown, key: "number" | "name"): Complaint[] {
  const seen = new Set<unknown>();
  const entries: unknown[] = Array.isArray(list) ? list : [];
  return entries.flatMap((entry, index) => {
    const value = (entry as Partial<ServicePort> | undefined)?.[key];
    if (value === undefined || !seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [{ path: [field, index, key], rule: "is there twice", remedy: `Give each port its own ${key}` }];
  });
}

/**
 * Checks a contract by itself, whoever published it. Rules that depend on who reads it are in `imports.ts`.
 * @param value anything: it may come from another team.
 * @param source what to call it in messages, e.g. `contract of peer cluster-b`.
 * @returns the contract, sorted, each entry once, without fields that this version does not know; and what is wrong with single
 *   services, which are left out so that they do not take the good ones with them.
 * @throws FaultsError with every fault of the contract as a whole. Of a newer version nothing but the version is judged.
 */
export function readContract(value: unknown, source: string): { contract: Contract; refused: Fault[] } {
  const newer = newerVersion(value);
  if (newer !== undefined) throw new FaultsError(source, [newer]);
  const parsed = document.safeParse(value);
  if (!parsed.success) throw new FaultsError(source, faultsOf(parsed.error, value));

  const { services: published, rootCertificates, gateways, ...rest } = parsed.data;
  const refused: Fault[] = [];
  const services: [string, ContractService][] = [];
  for (const [host, offered] of Object.entries(published).sort(([one], [other]) => compare(one, other))) {
    const path = pathOf("services", host);
    const result = service.safeParse(offered);
    if (result.success && HOST_NAME.test(host)) services.push([host, sortService(result.data)]);
    if (!HOST_NAME.test(host)) refused.push({ path, rule: HOST_NAME.rule, remedy: HOST_NAME.remedy });
    if (!result.success) refused.push(...faultsOf(result.error, offered).map((fault) => within(path, fault)));
  }
  const contract = {
    ...rest,
    rootCertificates: sortedUnique(rootCertificates),
    gateways: [...gateways].sort(compareGateways).filter((gateway, index, all) => {
      const before = all[index - 1];
      return before?.address !== gateway.address || before.port !== gateway.port;
    }),
    services: sortedRecord(services),
  };
  return { contract, refused };
}

/**
 * As {@link readContract}, for the writer of a contract and for whoever wants all of it or nothing.
 * @throws FaultsError with every fault, those of single services included.
 */
export function parseContract(value: unknown, source: string): Contract {
  const { contract, refused } = readContract(value, source);
  if (refused.length > 0) throw new FaultsError(source, refused);
  return contract;
}

function newerVersion(value: unknown): Fault | undefined {
  if (typeof value !== "object" || value === null || !("schemaVersion" in value)) return undefined;
  const { schemaVersion } = value;
  if (typeof schemaVersion !== "number" || !(schemaVersion > SCHEMA_VERSION)) return undefined;
  return {
    path: "schemaVersion",
    rule: `is ${quote(schemaVersion)}, newer than ${SCHEMA_VERSION}, the newest that this program reads`,
    remedy: "Update this program, or ask the peer to publish the older version",
  };
}

function sortService({ ports, subjectAltNames, peers }: ContractService): ContractService {
  return {
    ports: [...ports].sort((one, other) => one.number - other.number),
    subjectAltNames: sortedUnique(subjectAltNames),
    ...(peers === undefined ? {} : { peers: sortedUnique(peers) }),
  };
}
