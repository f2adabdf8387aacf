import type { ServicePort } from "./contractService.ts";
import { DNS_LABEL } from "./hostname.ts";
import { isPort } from "./port.ts";
import { PROTOCOLS } from "./protocol.ts";
import { quote } from "./quote.ts";
import { SPIFFE_ID } from "./spiffe.ts";

/** What is registered here of a peer's service. */
export interface ImportedService {
  ports: ServicePort[];
  subjectAltNames: string[];
}

/** Where the ports of a line end and its identities begin. */
const IDENTITIES = " as spiffe://";

/**
 * A service in one readable line, which is what a preview shows: `8080/HTTP http, 9090/GRPC grpc as spiffe://b.local/ns/xyz/sa/bar`.
 * Ports and identities come in the order given; a service that {@link parseImport} would refuse is written all the same.
 */
export function formatImport({ ports, subjectAltNames }: ImportedService): string {
  const served = ports.map(({ number, name, protocol }) => `${number}/${protocol} ${name}`).join(", ");
  return `${served} as ${subjectAltNames.join(", ")}`;
}

/**
 * Reads what {@link formatImport} wrote of a valid service, to the letter.
 * @throws Error naming the line and the form expected.
 */
export function parseImport(line: string): ImportedService {
  // Not the first " as ": a port may be named so.
  const end = line.indexOf(IDENTITIES);
  const [served, identities] = end < 0 ? [line, ""] : [line.slice(0, end), line.slice(end + " as ".length)];
  const ports = served.split(", ").map(parsePort);
  const subjectAltNames = identities.split(", ");
  const found = ports.filter((port) => port !== undefined);
  const valid = found.length === ports.length && subjectAltNames.every(SPIFFE_ID.test);
  const service = { ports: found, subjectAltNames };
  if (!valid || formatImport(service) !== line) {
    throw new Error(
      `Import ${quote(line)} must be "<number>/<protocol> <name>, ... as spiffe://<trust domain>/<path>, ...".`,
    );
  }
  return service;
}

function parsePort(text: string): ServicePort | undefined {
  const [, number, written, name = ""] = /^(\d{1,5})\/([A-Z0-9-]+) (\S+)$/.exec(text) ?? [];
  const protocol = PROTOCOLS.find((known) => known === written);
  if (protocol === undefined || !isPort(Number(number)) || !DNS_LABEL.test(name)) return undefined;
  return { number: Number(number), name, protocol };
}
