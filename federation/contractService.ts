import * as z from "zod";
import { DNS_LABEL } from "./hostname.ts";
import { sortedUnique } from "./order.ts";
import { PROTOCOLS, type Protocol } from "./protocol.ts";
import { type Complaint, checked, portNumber, size, text } from "./schema.ts";
import { SPIFFE_ID } from "./spiffe.ts";

/** Ports of a ServiceEntry, by its CustomResourceDefinition. */
const PORTS_LIMIT = 256;

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

/** Checks a {@link ContractService} by itself. */
export const contractService = checked(
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

/** The same service in the order that contracts have: ports by number, the rest by name, each once. */
export function sortService({ ports, subjectAltNames, peers }: ContractService): ContractService {
  return {
    ports: [...ports].sort((one, other) => one.number - other.number),
    subjectAltNames: sortedUnique(subjectAltNames),
    ...(peers === undefined ? {} : { peers: sortedUnique(peers) }),
  };
}
