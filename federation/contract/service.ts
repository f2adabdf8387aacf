import * as z from "zod";
import { IMPORTER } from "./audience.ts";
import { list, map, repeats } from "../core/lists.ts";
import { DNS_LABEL, LABEL_KEY, LABEL_VALUE } from "../core/names.ts";
import { sortedRecord, sortedUnique, withoutUndefined } from "../core/order.ts";
import { PROTOCOLS } from "../core/port.ts";
import { type Complaint, checked, portNumber, text } from "../core/schema.ts";
import { SPIFFE_ID } from "../core/spiffe.ts";

/** Most ports of a ServiceEntry, by its CustomResourceDefinition. */
export const PORTS_LIMIT = 256;

/** Most identities of a service: every proxy holds them once per port, and compares them at each handshake. */
const IDENTITIES_LIMIT = 256;

/** Most clusters that a service names as its importers: more than any federation has. */
const PEERS_LIMIT = 1000;

/** Most labels of a service for peers' rules: more than a Service has. */
const LABELS_LIMIT = 64;

/** Schema of Kubernetes labels; a map with too many has that fault only. */
const labelMap = checked(map(LABELS_LIMIT), (all): Complaint[] => {
  const entries = Object.entries(all);
  if (entries.length > LABELS_LIMIT) return [];
  return entries.flatMap(([key, value]) => {
    const { rule, remedy } = LABEL_KEY.test(key) ? LABEL_VALUE : LABEL_KEY;
    const isFit = LABEL_KEY.test(key) && typeof value === "string" && LABEL_VALUE.test(value);
    return isFit ? [] : [{ path: [key], rule, remedy }];
  });
}).transform((value) => value as Record<string, string>);

/** Schema of one {@link ServicePort}. */
export const servicePort = z.object({
  number: portNumber,
  /** Unique in the service. */
  name: text(DNS_LABEL),
  protocol: z.enum(PROTOCOLS),
});

/** Port of a service, with one number for all callers. */
export type ServicePort = z.output<typeof servicePort>;

/** Schema of {@link ContractService}. */
export const contractService = checked(
  z.object({
    /** At least one, sorted by number. */
    ports: list(servicePort, 1, PORTS_LIMIT),
    /** SPIFFE ids of its workloads. Never empty: Istio would accept every certificate of every trusted root. */
    subjectAltNames: list(text(SPIFFE_ID), 1, IDENTITIES_LIMIT),
    /** Clusters that may import it, as their exporter pinned them: all when left out, none when empty. */
    peers: list(text(IMPORTER), 0, PEERS_LIMIT).exactOptional(),
    /** Labels of the Service, for peers' import rules. */
    labels: labelMap.exactOptional(),
    /** The gateway terminates TLS with its own identity, for the SNI `p<port>.<host>`. Left out: the gateway passes calls through. */
    terminated: z.literal(true).exactOptional(),
  }),
  ({ ports }) => [...sharedKeys(ports, "number"), ...sharedKeys(ports, "name")],
);

/** An exported service. */
export type ContractService = z.output<typeof contractService>;

/** Finds ports of any type with the number or name of an earlier one; none in a list that is too long. */
function sharedKeys(ports: unknown, key: "number" | "name"): Complaint[] {
  const entries: unknown[] = Array.isArray(ports) && ports.length <= PORTS_LIMIT ? ports : [];
  const keys = entries.map((entry) => (entry as Partial<ServicePort> | null | undefined)?.[key]);
  return repeats(keys).map(({ path = [], rule }) => ({
    path: ["ports", ...path, key],
    rule,
    remedy: `Give each port its own ${key}`,
  }));
}

/** Sorts a service as in contracts: ports by number, the rest by name, without duplicates. */
export function sortService(service: ContractService): ContractService {
  const { ports, subjectAltNames, peers, labels, terminated } = service;
  return withoutUndefined({
    ports: [...ports].sort((one, other) => one.number - other.number),
    subjectAltNames: sortedUnique(subjectAltNames),
    peers: peers && sortedUnique(peers),
    labels: labels && sortedRecord(Object.entries(labels)),
    terminated,
  });
}
