import * as z from "zod";
import { type GatewayAddress, compareGateways, gatewayAddress } from "./address.ts";
import { canonicalCertificate } from "./certificate.ts";
import { type ContractService, contractService, sortService } from "./contractService.ts";
import { type Fault, FaultsError, pathOf, quote, within } from "./fault.ts";
import { DNS_LABEL, HOST_NAME, NETWORK } from "./hostname.ts";
import { compare, sortedRecord, sortedUnique } from "./order.ts";
import { checked, faultsOf, size, text } from "./schema.ts";
import { TRUST_DOMAIN } from "./spiffe.ts";

/** Version of the contract that this program writes, and the newest that it reads. */
export const SCHEMA_VERSION = 1;

/** Endpoints of a ServiceEntry, by its CustomResourceDefinition. */
const ENDPOINTS_LIMIT = 4096;

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
    const result = contractService.safeParse(offered);
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
