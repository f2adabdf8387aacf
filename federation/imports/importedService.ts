import type { OutlierDetection } from "../config/importRules.ts";
import type { ServicePort } from "../contract/service.ts";
import { EXPORT_TO } from "../core/exportTo.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { isPort, PROTOCOLS } from "../core/port.ts";
import { SPIFFE_ID } from "../core/spiffe.ts";
import { quote } from "../core/text.ts";
import { SERVICE_NAME } from "./localService.ts";
import { formatOutliers, parseOutliers } from "./outlierDetection.ts";

/** What is registered here of a peer's service. */
export interface ImportedService {
  ports: ServicePort[];
  subjectAltNames: string[];
  /** Its name in the peer's cluster; left out where it is called by that here too. */
  remoteHost?: string;
  /** Whether the peer's gateway opens calls of it, which it is asked for by other names then; left out: it passes them on. */
  terminated?: true;
  /** The peers whose gateways serve it, sorted, if they are several: the one that it is registered with is among them. */
  servedBy?: ServingPeer[];
  /** Namespaces whose workloads see it, sorted, `*` for all; left out: those of the peer's services in general. */
  exportTo?: string[];
  /** When proxies stop calling a gateway of it for a while; left out: never. */
  outlierDetection?: OutlierDetection;
  /** Name of a Service here by which clients find it too; left out: there is none. */
  localService?: string;
}

/** A peer that serves a name together with others. */
export interface ServingPeer {
  peer: string;
  /** Of each of its gateways, beside those of the others; 1 when left out. */
  weight?: number;
}

/** Where the ports of a line end and its identities begin. */
const IDENTITIES = " as spiffe://";
/** Where the ports end and the name in the peer's cluster begins. */
const REMOTE_HOST = " of ";
/** What follows the identities, which have no blanks; no port, name or namespace has a capital letter. */
const TERMINATED = " atGateway";
const SERVED_BY = " servedBy ";
const SEEN_BY = " exportTo ";
const OUTLIERS = " outlierDetection ";
const LOCAL = " localService ";

/** More than anybody needs, and so little that the weights of all gateways together stay below what Envoy counts with. */
const MOST_WEIGHT = 1000;

/**
 * A service in one readable line, which is what a preview shows: `8080/HTTP http, 9090/GRPC grpc as spiffe://b.local/ns/xyz/sa/bar`, or
 * `8080/HTTP http of bar.xyz.svc.b.local as spiffe://b.local/ns/xyz/sa/bar` where it has another name here than there. ` atGateway`
 * follows where the peer's gateway opens calls, and what an import rule says: ` servedBy cluster-b, cluster-c weight 3 exportTo client, shop outlierDetection consecutive5xxErrors 5, interval 10s`;
 * the local Service for clients whose proxies do not answer DNS is last: ` localService bar-xyz-cluster-b`.
 * Ports, identities and namespaces come in the order given; a service that {@link parseImport} would refuse is written all the same.
 */
export function formatImport(service: ImportedService): string {
  const {
    ports,
    subjectAltNames,
    remoteHost,
    terminated,
    servedBy,
    exportTo,
    outlierDetection,
    localService,
  } = service;
  const served = ports.map(({ number, name, protocol }) => `${number}/${protocol} ${name}`).join(", ");
  const whose = remoteHost === undefined ? "" : `${REMOTE_HOST}${remoteHost}`;
  const opened = terminated === undefined ? "" : TERMINATED;
  const peers = servedBy === undefined ? "" : `${SERVED_BY}${formatServing(servedBy)}`;
  const seen = exportTo === undefined ? "" : `${SEEN_BY}${exportTo.join(", ")}`;
  const outliers = outlierDetection === undefined ? "" : `${OUTLIERS}${formatOutliers(outlierDetection)}`;
  const local = localService === undefined ? "" : `${LOCAL}${localService}`;
  return `${served}${whose} as ${subjectAltNames.join(", ")}${opened}${peers}${seen}${outliers}${local}`;
}

/**
 * Reads what {@link formatImport} wrote of a valid service, to the letter.
 * @throws Error naming the line and the form expected.
 */
export function parseImport(line: string): ImportedService {
  const [known, localService] = cut(line, LOCAL);
  const [seen, outliers] = cut(known, OUTLIERS);
  const [served, seenBy] = cut(seen, SEEN_BY);
  const [marked, serving] = cut(served, SERVED_BY);
  const terminated = marked.endsWith(TERMINATED);
  const plain = terminated ? marked.slice(0, -TERMINATED.length) : marked;
  // Not the first " as ": a port may be named so.
  const end = plain.indexOf(IDENTITIES);
  const [what, identities] = end < 0 ? [plain, ""] : [plain.slice(0, end), plain.slice(end + " as ".length)];
  const { written, remoteHost } = splitHost(what);
  const ports = written.split(", ").map(parsePort);
  const subjectAltNames = identities.split(", ");
  const found = ports.filter((port) => port !== undefined);
  const servedBy = serving === undefined ? undefined : parseServing(serving);
  const exportTo = seenBy?.split(", ");
  const outlierDetection = outliers === undefined ? undefined : parseOutliers(outliers);
  const valid =
    found.length === ports.length &&
    subjectAltNames.every(SPIFFE_ID.test) &&
    (remoteHost === undefined || HOST_NAME.test(remoteHost)) &&
    (exportTo === undefined || exportTo.every(EXPORT_TO.test)) &&
    (localService === undefined || SERVICE_NAME.test(localService));
  const service: ImportedService = {
    ports: found,
    subjectAltNames,
    ...(remoteHost === undefined ? {} : { remoteHost }),
    ...(terminated ? { terminated } : {}),
    ...(servedBy === undefined ? {} : { servedBy }),
    ...(exportTo === undefined ? {} : { exportTo }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(localService === undefined ? {} : { localService }),
  };
  if (!valid || formatImport(service) !== line) {
    throw new Error(
      `Import ${quote(line)} must be "<number>/<protocol> <name>, ...[ of <name there>] as spiffe://<trust domain>/<path>, ...` +
        `[${TERMINATED}][${SERVED_BY}<peer>[ weight <number>], ...][${SEEN_BY}<namespace>, ...][${OUTLIERS}<field> <value>, ...][${LOCAL}<name>]".`,
    );
  }
  return service;
}

/** Whether a line that {@link formatImport} wrote is of a service that has a DestinationRule beside its ServiceEntry. */
export function needsRule(line: string): boolean {
  // Ports may be named "of" and "as": nothing but a name there has a word for itself between the two.
  return / of [^ ,]+ as spiffe:\/\//.test(line) || [TERMINATED, OUTLIERS].some((word) => line.includes(word));
}

/** The name of the local Service that a service has by its line, as {@link formatImport} wrote it; undefined where it has none. */
export function localServiceIn(line: string): string | undefined {
  return cut(line, LOCAL)[1];
}

/** The peers that serve a service by its line, as {@link formatImport} wrote it; none where it is one alone. */
export function servingPeers(line: string): string[] {
  return line.includes(SERVED_BY) ? (parseImport(line).servedBy ?? []).map(({ peer }) => peer) : [];
}

/** Serving peers in one text: `cluster-b, cluster-c weight 3`. */
export function formatServing(peers: readonly ServingPeer[]): string {
  return peers
    .map(({ peer, weight }) => (weight === undefined ? peer : `${peer} weight ${weight}`))
    .join(", ");
}

/**
 * Reads what {@link formatServing} wrote.
 * @returns undefined for what it did not write.
 */
export function parseServing(written: string): ServingPeer[] | undefined {
  const peers = written.split(", ").map((text): ServingPeer => {
    const [peer = "", word, number] = text.split(" ");
    return word === undefined ? { peer } : { peer, weight: Number(number) };
  });
  const valid = peers.every(
    ({ peer, weight }) => DNS_LABEL.test(peer) && (weight === undefined || isWeight(weight)),
  );
  return valid && formatServing(peers) === written ? peers : undefined;
}

/** Whether gateways can have this weight. */
export function isWeight(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MOST_WEIGHT;
}

/** What stands before and after a word's first place; nothing after it where it is not there. */
function cut(text: string, word: string): [before: string, after?: string] {
  const start = text.indexOf(word);
  return start < 0 ? [text] : [text.slice(0, start), text.slice(start + word.length)];
}

function splitHost(what: string): { written: string; remoteHost?: string } {
  // A port named "of" is followed by a comma or by nothing.
  const end = what.lastIndexOf(REMOTE_HOST);
  if (end < 0) return { written: what };
  return { written: what.slice(0, end), remoteHost: what.slice(end + REMOTE_HOST.length) };
}

function parsePort(text: string): ServicePort | undefined {
  const [, number, written, name = ""] = /^(\d{1,5})\/([A-Z0-9-]+) (\S+)$/.exec(text) ?? [];
  const protocol = PROTOCOLS.find((known) => known === written);
  if (protocol === undefined || !isPort(Number(number)) || !DNS_LABEL.test(name)) return undefined;
  return { number: Number(number), name, protocol };
}
