import * as z from "zod";
import type { IdentityRule } from "../config/deckhouse.ts";
import { PORTS_LIMIT } from "../contract/service.ts";
import { fillTemplate } from "../core/domains.ts";
import { parseServiceHost } from "../core/serviceHost.ts";
import { type Fault, pathOf, within } from "../core/fault.ts";
import { list } from "../core/lists.ts";
import { matchesAny } from "../core/names.ts";
import type { Protocol } from "../core/port.ts";
import { firstFaultsOf } from "../core/schema.ts";
import { anyWorkload } from "../core/spiffe.ts";

const publicPort = z.object({ name: z.string().nullish(), port: z.number() });

type PublicPort = z.output<typeof publicPort>;

const publicService = z.object({
  hostname: z.string(),
  ports: list(publicPort, 0, PORTS_LIMIT).nullish(),
});

/** A port as a contract has it, not yet validated. */
interface ContractPort {
  number: number;
  name: string;
  protocol: Protocol;
}

/** Services of a Deckhouse cluster in the form of a contract, not yet validated. */
export interface DeckhouseServices {
  /** By host name. */
  services: Readonly<Record<string, { ports: readonly ContractPort[]; subjectAltNames: readonly string[] }>>;
  /** Services and ports that are not imported, and why; paths in the document. */
  skipped: Fault[];
  /** Hosts of these services, as published: what was registered of them before stays. */
  skippedHosts: string[];
}

/** Settings by which services are converted. */
export interface ConversionSettings {
  clusterDomain: string;
  trustDomain: string;
  identities: readonly IdentityRule[];
}

/** Converts the list `publicServices` of a Deckhouse cluster: untrusted data of another team. */
export function convertPublicServices(
  published: readonly unknown[],
  settings: ConversionSettings,
): DeckhouseServices {
  const identities = new Map<string, string[]>();
  /** Ports of each host by number and name: several entries may have some in common. */
  const portsOf = new Map<string, Map<string, ContractPort>>();
  const skipped: Fault[] = [];
  const skippedHosts: string[] = [];
  for (const [index, value] of published.entries()) {
    const path = pathOf("publicServices", index);
    const { data, error } = publicService.safeParse(value);
    if (error !== undefined) {
      skipped.push(...firstFaultsOf(error, value).map((fault) => within(path, fault)));
      const host = (value as { hostname?: unknown } | null | undefined)?.hostname;
      if (typeof host === "string") skippedHosts.push(host);
      continue;
    }
    const { hostname } = data;
    const [ports, udp] = toContractPorts(data.ports ?? []);
    if (udp.length > 0) skipped.push({ path: `${path}.ports`, value: udp.join(", "), ...UDP });
    const name = parseServiceHost(hostname, settings.clusterDomain);
    if (name !== undefined) {
      identities.set(
        hostname,
        identitiesOf(name, settings.identities) ?? [anyWorkload(settings.trustDomain)],
      );
      const known = portsOf.get(hostname) ?? new Map<string, ContractPort>();
      for (const port of ports) known.set(`${port.number} ${port.name}`, port);
      portsOf.set(hostname, known);
    } else {
      skippedHosts.push(hostname);
      const rule = `must be '<service>.<namespace>.svc.${settings.clusterDomain}': a cluster may export its own services only`;
      const remedy =
        "Have the cluster publish its own Services, or correct identity.clusterDomain (by default the trust domain)";
      skipped.push({ path: `${path}.hostname`, value: hostname, rule, remedy });
    }
  }
  const services = [...identities].map(([host, subjectAltNames]) => {
    return [host, { ports: [...(portsOf.get(host)?.values() ?? [])], subjectAltNames }] as const;
  });
  return { services: Object.fromEntries(services), skipped, skippedHosts };
}

const UDP = {
  rule: "names UDP ports, which no gateway carries",
  remedy: "Have the cluster export Services with TCP ports alone, or rename a TCP port that is named so",
};

/** Sorts out the ports that Istio reads as UDP by their names, which are the second list. */
function toContractPorts(ports: readonly PublicPort[]): [ContractPort[], string[]] {
  const isUdp = (port: PublicPort) => prefixOf(port) === "udp";
  return [
    ports.filter((port) => !isUdp(port)).map(toContractPort),
    ports.filter(isUdp).map(({ name }) => name ?? ""),
  ];
}

function toContractPort(port: PublicPort): ContractPort {
  const { name, port: number } = port;
  return { number, name: name ? name : `tcp-${number}`, protocol: protocolByName(port) };
}

/** Protocols by a part of the port's name, the longest part first, as Deckhouse derives them. */
const PROTOCOL_PARTS: readonly (readonly [part: string, protocol: Protocol])[] = [
  ["https", "TLS"],
  ["http2", "HTTP2"],
  ["http", "HTTP"],
  ["grpc", "HTTP2"],
  ["tls", "TLS"],
];

/** Returns the protocol of a port: the first of {@link PROTOCOL_PARTS} in its name before the first '-'; else TCP, which carries any. */
function protocolByName(port: PublicPort): Protocol {
  const prefix = prefixOf(port);
  return PROTOCOL_PARTS.find(([part]) => prefix.includes(part))?.[1] ?? "TCP";
}

function prefixOf({ name }: PublicPort): string {
  return (name ?? "").split("-", 1)[0] ?? "";
}

/** Returns the identities of a service by the first rule that matches it; undefined without one. */
function identitiesOf(
  service: { name: string; namespace: string },
  rules: readonly IdentityRule[],
): string[] | undefined {
  const rule = rules.find(
    (each) => matchesAny(each.namespace, service.namespace) && matchesAny(each.service, service.name),
  );
  return rule?.subjectAltNames.flatMap((template) => fillTemplate(template, service) ?? []);
}
