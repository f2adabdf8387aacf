import type { StackConfig } from "../config/stackConfig.ts";
import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { FOLD, validateFold, unfoldContract } from "./fold.ts";
import { type ContractService, contractService, sortService } from "./service.ts";
import { type PublisherDomains, readGateways } from "./gateways.ts";
import { readImports } from "./imports.ts";
import type { GatewayAddress } from "../core/address.ts";
import { MESH_DOMAIN, OWNED_DOMAIN, OWNED_DOMAINS_LIMIT, validateOwnedDomains } from "../core/domains.ts";
import { type Fault, FaultsError, pathOf, within } from "../core/fault.ts";
import { list, map } from "../core/lists.ts";
import { DNS_LABEL, HOST_NAME, LABEL_VALUE, NETWORK } from "../core/names.ts";
import { compareKeys, sortedRecord, sortedUnique } from "../core/order.ts";
import { FIRST_REVISION } from "./revision.ts";
import { faultsOf, firstFaultsOf, orUndefined, text, valueAt } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { exceededLimit } from "../core/size.ts";
import { count, quote } from "../core/text.ts";
import { TOPOLOGIES, TRAITS } from "../core/topology.ts";
import { KEY_FINGERPRINT, canonicalCertificate, canonicalFingerprint } from "../x509/certificate.ts";
import { rootFaults } from "../x509/root.ts";

/** Version of the contract that this program writes, and the newest that it reads. */
export const SCHEMA_VERSION = 1;

/** Endpoints of a ServiceEntry, by its CustomResourceDefinition. */
export const ENDPOINTS_LIMIT = 4096;

/** istiod allots each imported host one of the 65,534 addresses of 240.240.0.0/16; some are left to other peers. */
export const SERVICES_LIMIT = 50_000;

/** A cluster has one root, two while it changes; each is made a trust anchor, which every proxy holds. */
const ROOTS_LIMIT = 16;

/** Characters of a certificate in PEM: twice what the longest keys need. All anchors go into one ConfigMap. */
const CERTIFICATE_LIMIT = 8192;

/** Most bytes of a contract, however it is read: some 670 for each of {@link SERVICES_LIMIT} services. */
export const SIZE_LIMIT = 32 * 1024 * 1024;

const certificate = z.string().check((context) => {
  const isShort = context.value.length <= CERTIFICATE_LIMIT;
  const pem = isShort ? canonicalCertificate(context.value) : undefined;
  const complain = (message: string, remedy: string): void => {
    const params = { remedy, withoutValue: true };
    context.issues.push({ code: "custom", input: context.value, message, params });
  };
  if (pem === undefined) {
    const message = isShort
      ? "must be exactly one CA certificate in PEM"
      : `has ${count(context.value.length)} characters, and may have ${count(CERTIFICATE_LIMIT)}`;
    complain(message, "Publish each root as a list entry of its own");
    return;
  }
  for (const fault of rootFaults(new X509Certificate(pem))) complain(fault, "Make a root without that");
  context.value = pem;
});

/** Schema of a cluster's roots: one CA certificate in PEM per entry. */
export const contractRoots = list(certificate, 1, ROOTS_LIMIT);

const document = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** Grows by one with each change of the content. */
  revision: z.int().min(1),
  /** Name of the cluster. */
  cluster: text(DNS_LABEL),
  clusterDomain: text(HOST_NAME),
  /** Domain of its services in clusters with an equal cluster domain; only with the topology `federation`. */
  meshDomain: orUndefined(text(MESH_DOMAIN)),
  /** Further domains that it owns and exports services in. */
  domains: list(text(OWNED_DOMAIN), 0, OWNED_DOMAINS_LIMIT).default([]),
  trustDomain: text(TRUST_DOMAIN),
  network: text(NETWORK),
  topology: z.enum(TOPOLOGIES).default("federation"),
  /** Istio's mesh ID; only with the topology `single-mesh`. */
  meshId: orUndefined(text(LABEL_VALUE)),
  rootCertificates: contractRoots,
  /** SHA-256 of the public key that signs the contract, where no root certifies it: the roots' keys are somebody else's. */
  signingKey: orUndefined(text(KEY_FINGERPRINT).transform(canonicalFingerprint)),
  /** Addresses of its east-west gateway; empty while it has none. */
  gateways: list(z.unknown(), 0, ENDPOINTS_LIMIT),
  services: map(SERVICES_LIMIT),
  /** What it imports; undefined where it does not say. */
  imports: z.unknown().optional().transform(readImports),
});

/** Contract of a cluster: its stack output `federation`. */
export interface Contract extends Omit<z.output<typeof document>, "gateways" | "services"> {
  gateways: GatewayAddress[];
  /** By full host name, e.g. `bar.xyz.svc.cluster-b.local`. */
  services: Record<string, ContractService>;
}

/** A contract, and the services and gateways that are left out of it as they are not valid. */
export interface ReadContract extends MalformedServices {
  contract: Contract;
  /** The first faults of gateways that must not be used, with paths in the contract. */
  refusedGateways: Fault[];
}

/** Services of a contract that are not valid by themselves. */
interface MalformedServices {
  /** The first faults of each. */
  refused: Fault[];
  /** As published, sorted. */
  refusedHosts: string[];
}

/**
 * Parses and validates a contract. Rules that depend on its reader are in `imports/contracts.ts`.
 * @param published untrusted data of another team, folded or not ({@link unfoldContract}).
 * @param source name of the contract in messages, e.g. `contract of peer cluster-b`.
 * @param refuse explains why the address of a gateway must not be used. @default no valid one is refused
 * @returns the contract, sorted, without duplicates or unknown fields; and what is left out of it.
 * @throws FaultsError with every fault of the contract as a whole; of a newer version only with that of the version.
 */
export function readContract(
  published: unknown,
  source: string,
  refuse: (address: string, publisher: PublisherDomains) => string | undefined = () => undefined,
): ReadContract {
  const unreadable = [...newerVersion(published), ...sizeFaults(published), ...validateFold(published)];
  if (unreadable.length > 0) throw new FaultsError(source, unreadable.slice(0, 1));
  const value = unfoldContract(published);
  const parsed = document.safeParse(value);
  if (!parsed.success)
    throw new FaultsError(source, [...faultsOf(parsed.error, value), ...malformedGateways(value)]);

  const { rootCertificates, domains } = parsed.data;
  const twice = validateOwnedDomains(domains, parsed.data);
  if (twice.length > 0) {
    const faults = twice.map(({ index, ...fault }) => ({ path: pathOf("domains", index), ...fault }));
    throw new FaultsError(source, faults);
  }
  const { services, ...malformed } = readServices(parsed.data.services);
  const { gateways, refused: refusedGateways } = readGateways(parsed.data.gateways, (address) =>
    refuse(address, parsed.data),
  );
  const contract = {
    ...parsed.data,
    domains: sortedUnique(domains),
    rootCertificates: sortedUnique(rootCertificates),
    gateways,
    services,
  };
  return { contract, refusedGateways, ...malformed };
}

/** Finds what is wrong with the gateways of a contract that is refused anyway, so that all is reported at once. */
function malformedGateways(value: unknown): Fault[] {
  const gateways = valueAt(value, ["gateways"]);
  return Array.isArray(gateways) && gateways.length <= ENDPOINTS_LIMIT
    ? readGateways(gateways, () => undefined).refused
    : [];
}

/** Faults of services that are explained one by one: more than a message shows. */
const EXPLAINED_FAULTS = 1000;

const UNEXPLAINED = { rule: "is not valid", remedy: "Correct the services before it first" };

function readServices(
  offered: Readonly<Record<string, unknown>>,
): MalformedServices & Pick<Contract, "services"> {
  const services: [string, ContractService][] = [];
  const refused: Fault[] = [];
  const refusedHosts: string[] = [];
  for (const [host, value] of Object.entries(offered).sort(compareKeys)) {
    const path = pathOf("services", host);
    const result = contractService.safeParse(value);
    if (result.success && HOST_NAME.test(host)) services.push([host, sortService(result.data)]);
    else refusedHosts.push(host);
    if (!HOST_NAME.test(host)) refused.push({ path, rule: HOST_NAME.rule, remedy: HOST_NAME.remedy });
    if (result.success) continue;
    if (refused.length >= EXPLAINED_FAULTS) refused.push({ path, ...UNEXPLAINED });
    else refused.push(...firstFaultsOf(result.error, value).map((fault) => within(path, fault)));
  }
  return { services: sortedRecord(services), refused, refusedHosts };
}

/** What a cluster exports and imports, as its contract says it. */
export type ContractContent = Pick<Contract, "services" | "imports">;

/** Settings of a cluster that its contract publishes. */
type ContractSettings = Pick<StackConfig, "cluster" | "topology" | "singleMesh">;

/**
 * Builds the contract of a cluster, not yet numbered.
 * @param trust roots of the cluster, and the key that signs the contract where these do not certify it.
 * @throws FaultsError when peers would refuse the contract.
 */
export function toContract(
  settings: ContractSettings,
  trust: Pick<Contract, "rootCertificates" | "signingKey">,
  gateways: readonly GatewayAddress[],
  content: ContractContent,
): Contract {
  const whole = { ...withoutRoots(settings, gateways, content), ...trust };
  return parseContract(whole, `the contract of cluster ${settings.cluster.name}`);
}

/** Finds why every peer would refuse the contract of a cluster as a whole, but for its roots, which may not exist yet. */
export function contractFaults(
  settings: ContractSettings,
  gateways: readonly GatewayAddress[],
  content: ContractContent,
): Fault[] {
  const whole = withoutRoots(settings, gateways, content);
  const { error } = document.omit({ rootCertificates: true }).safeParse(whole);
  return [...sizeFaults(whole), ...(error === undefined ? [] : faultsOf(error, whole))];
}

/** Returns the size of a cluster's contract as JSON in UTF-8, without its signature. */
export function contractBytes(
  settings: ContractSettings,
  rootCertificates: readonly string[],
  gateways: readonly GatewayAddress[],
  content: ContractContent,
): number {
  const whole = { ...withoutRoots(settings, gateways, content), rootCertificates };
  return Buffer.byteLength(JSON.stringify(whole));
}

function withoutRoots(
  { cluster, topology, singleMesh }: ContractSettings,
  gateways: readonly GatewayAddress[],
  { services, imports }: ContractContent,
): Record<string, unknown> {
  const { name, domain, meshDomain, domains, trustDomain, network } = cluster;
  return {
    schemaVersion: SCHEMA_VERSION,
    revision: FIRST_REVISION,
    cluster: name,
    clusterDomain: domain,
    meshDomain: TRAITS[topology].names.includes("mesh") ? meshDomain : undefined,
    domains,
    trustDomain,
    network,
    topology,
    meshId: singleMesh?.meshId,
    gateways,
    services,
    imports,
  };
}

/**
 * Parses a contract all of whose services and gateways must be valid, such as one that this program publishes.
 * @throws FaultsError with every fault, those of single services and gateways included.
 */
export function parseContract(value: unknown, source: string): Contract {
  const { contract, refused, refusedGateways } = readContract(value, source);
  const faults = [...refusedGateways, ...refused];
  if (faults.length > 0) throw new FaultsError(source, faults);
  return contract;
}

function newerVersion(published: unknown): Fault[] {
  if (typeof published !== "object" || published === null || !("schemaVersion" in published)) return [];
  const { schemaVersion } = published;
  if (typeof schemaVersion !== "number" || !(schemaVersion > SCHEMA_VERSION)) return [];
  const rule = `is ${quote(schemaVersion)}, newer than ${SCHEMA_VERSION}, the newest that this program reads`;
  const remedy = "Update this program, or ask the peer to publish the older version";
  return [{ path: "schemaVersion", rule, remedy }];
}

/**
 * Finds the limit that a contract exceeds as a whole. Checked before any other work, which may take time for each entry.
 * @param published folded or not.
 */
export function sizeFaults(published: unknown): Fault[] {
  const services = valueAt(published, [FOLD]) ?? valueAt(published, ["services"]);
  const isMap = typeof services === "object" && services !== null && !Array.isArray(services);
  const { error } = isMap ? document.shape.services.safeParse(services) : {};
  if (error !== undefined) return faultsOf(error, services).map((fault) => within("services", fault));
  const exceeded = exceededLimit(published, { bytes: SIZE_LIMIT, entries: SERVICES_LIMIT });
  if (exceeded === undefined) return [];
  const rule =
    exceeded === "bytes"
      ? `is larger than ${count(SIZE_LIMIT)} bytes, the most that is read`
      : `has a map or list with more than ${count(SERVICES_LIMIT)} entries, the most that is read`;
  return [{ path: "", rule, remedy: "Export fewer services, with fewer ports and identities" }];
}
