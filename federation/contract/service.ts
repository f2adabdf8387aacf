import * as z from "zod";
import { list, map } from "../core/lists.ts";
import { DNS_LABEL, LABEL_KEY, LABEL_VALUE } from "../core/names.ts";
import { sortedRecord, sortedUnique } from "../core/order.ts";
import { PROTOCOLS, type Protocol } from "../core/port.ts";
import { type Complaint, checked, portNumber, text } from "../core/schema.ts";
import { SPIFFE_ID } from "../core/spiffe.ts";

/** Ports of a ServiceEntry, by its CustomResourceDefinition. */
const PORTS_LIMIT = 256;

/** Identities of a service: every proxy that sees it holds them once per port, and compares them at each handshake. */
const IDENTITIES_LIMIT = 256;

/** Clusters that a service may name as its only importers: more than any federation has. */
const PEERS_LIMIT = 1000;

/** Labels that peers' rules may go by: more than a Service has. */
const LABELS_LIMIT = 64;

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
  /** Labels of the Service, for peers' import rules. */
  labels?: Record<string, string>;
  /**
   * Whether the cluster's gateway ends mutual TLS, and the identity is the gateway's: it is asked for by `p<port>.<host>` then. Left out:
   * the gateway passes calls on unopened. (A reader of before this field ignores it, and the gateway refuses its callers.)
   */
  terminated?: true;
}

/** Kubernetes labels. Of a map that has too many that is told, and nothing else of it. */
const labelMap = checked(map(LABELS_LIMIT), (all): Complaint[] => {
  const entries = Object.entries(all);
  if (entries.length > LABELS_LIMIT) return [];
  return entries.flatMap(([key, value]) => {
    const { rule, remedy } = LABEL_KEY.test(key) ? LABEL_VALUE : LABEL_KEY;
    const isFit = LABEL_KEY.test(key) && typeof value === "string" && LABEL_VALUE.test(value);
    return isFit ? [] : [{ path: [key], rule, remedy }];
  });
}).transform((value) => value as Record<string, string>);

/** Checks a {@link ServicePort} by itself. */
export const servicePort = z.object({
  number: portNumber,
  name: text(DNS_LABEL),
  protocol: z.enum(PROTOCOLS),
});

/** Checks a {@link ContractService} by itself. */
export const contractService = checked(
  z.object({
    ports: list(servicePort, 1, PORTS_LIMIT),
    // Without any, Istio takes every certificate of every trusted root as the service's.
    subjectAltNames: list(text(SPIFFE_ID), 1, IDENTITIES_LIMIT),
    peers: list(text(DNS_LABEL), 0, PEERS_LIMIT).exactOptional(),
    labels: labelMap.exactOptional(),
    terminated: z.literal(true).exactOptional(),
  }),
  ({ ports }) => [...repeats("ports", ports, "number"), ...repeats("ports", ports, "name")],
);

/** The ports may be anything here; of a list that has too many that is told, and not who is there twice. */
function repeats(field: string, ports: unknown, key: "number" | "name"): Complaint[] {
  const seen = new Set<unknown>();
  const entries: unknown[] = Array.isArray(ports) && ports.length <= PORTS_LIMIT ? ports : [];
  return entries.flatMap((entry, index) => {
    const value = (entry as Partial<ServicePort> | null | undefined)?.[key];
    if (value === undefined || !seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [{ path: [field, index, key], rule: "is there twice", remedy: `Give each port its own ${key}` }];
  });
}

/** The same service in the order that contracts have: ports by number, the rest by name, each once. */
export function sortService(service: ContractService): ContractService {
  const { ports, subjectAltNames, peers, labels, terminated } = service;
  return {
    ports: [...ports].sort((one, other) => one.number - other.number),
    subjectAltNames: sortedUnique(subjectAltNames),
    ...(peers === undefined ? {} : { peers: sortedUnique(peers) }),
    ...(labels === undefined ? {} : { labels: sortedRecord(Object.entries(labels)) }),
    ...(terminated === undefined ? {} : { terminated }),
  };
}
