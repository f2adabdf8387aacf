import type { ServicePort } from "./contractService.ts";
import { DNS_LABEL, HOST_NAME } from "./hostname.ts";
import { isPort } from "./port.ts";
import { PROTOCOLS } from "./protocol.ts";
import { quote } from "./quote.ts";
import { SPIFFE_ID } from "./spiffe.ts";

/** What is registered here of a peer's service. */
export interface ImportedService {
  ports: ServicePort[];
  subjectAltNames: string[];
  /** Its name in the peer's cluster; left out where it is called by that here too. */
  remoteHost?: string;
}

/** Where the ports of a line end and its identities begin. */
const IDENTITIES = " as spiffe://";
/** Where the ports end and the name in the peer's cluster begins. */
const REMOTE_HOST = " of ";

/**
 * A service in one readable line, which is what a preview shows: `8080/HTTP http, 9090/GRPC grpc as spiffe://b.local/ns/xyz/sa/bar`, or
 * `8080/HTTP http of bar.xyz.svc.b.local as spiffe://b.local/ns/xyz/sa/bar` where it has another name here than there.
 * Ports and identities come in the order given; a service that {@link parseImport} would refuse is written all the same.
 */
export function formatImport({ ports, subjectAltNames, remoteHost }: ImportedService): string {
  const served = ports.map(({ number, name, protocol }) => `${number}/${protocol} ${name}`).join(", ");
  const whose = remoteHost === undefined ? "" : `${REMOTE_HOST}${remoteHost}`;
  return `${served}${whose} as ${subjectAltNames.join(", ")}`;
}

/**
 * Reads what {@link formatImport} wrote of a valid service, to the letter.
 * @throws Error naming the line and the form expected.
 */
export function parseImport(line: string): ImportedService {
  // Not the first " as ": a port may be named so.
  const end = line.indexOf(IDENTITIES);
  const [what, identities] = end < 0 ? [line, ""] : [line.slice(0, end), line.slice(end + " as ".length)];
  const { served, remoteHost } = splitHost(what);
  const ports = served.split(", ").map(parsePort);
  const subjectAltNames = identities.split(", ");
  const found = ports.filter((port) => port !== undefined);
  const isHost = remoteHost === undefined || HOST_NAME.test(remoteHost);
  const valid = found.length === ports.length && subjectAltNames.every(SPIFFE_ID.test) && isHost;
  const service = { ports: found, subjectAltNames, ...(remoteHost === undefined ? {} : { remoteHost }) };
  if (!valid || formatImport(service) !== line) {
    throw new Error(
      `Import ${quote(line)} must be "<number>/<protocol> <name>, ...[ of <name there>] as spiffe://<trust domain>/<path>, ...".`,
    );
  }
  return service;
}

/** Whether a line that {@link formatImport} wrote is of a service that has another name here than there. */
export function isRenamed(line: string): boolean {
  // Ports may be named "of" and "as": nothing but a name there has a word for itself between the two.
  return / of [^ ,]+ as spiffe:\/\//.test(line);
}

function splitHost(what: string): { served: string; remoteHost?: string } {
  // A port named "of" is followed by a comma or by nothing.
  const end = what.lastIndexOf(REMOTE_HOST);
  if (end < 0) return { served: what };
  return { served: what.slice(0, end), remoteHost: what.slice(end + REMOTE_HOST.length) };
}

function parsePort(text: string): ServicePort | undefined {
  const [, number, written, name = ""] = /^(\d{1,5})\/([A-Z0-9-]+) (\S+)$/.exec(text) ?? [];
  const protocol = PROTOCOLS.find((known) => known === written);
  if (protocol === undefined || !isPort(Number(number)) || !DNS_LABEL.test(name)) return undefined;
  return { number: Number(number), name, protocol };
}
