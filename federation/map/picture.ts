import { count } from "../core/text.ts";
import type { FederationMap, MapCluster, MapLink } from "./federationMap.ts";
import { isBehind } from "./report.ts";

/** Clusters up to which each connection has a line with numbers; of more, only those with a problem. */
const DETAILED = 12;

/** Gateways that a cluster's box lists before it counts the rest. */
const LISTED_GATEWAYS = 2;

/** Clusters up to which all arrows lead from left to right and back. */
const ROW = 4;

const FONT = "Helvetica,Arial,sans-serif";

/** Spaces after each line, for fonts that are wider than Graphviz takes them to be. */
const ROOM = "&#160;".repeat(3);

/** Colours: of healthy parts, of waiting ones, and of those that somebody must look at; also told apart by dashes and words. */
const CALM = "#5b7083";
const WAITING = "#b7791f";
const WRONG = "#c53030";
const TEXT = "#1a202c";

/**
 * Draws a federation in Graphviz's language. An arrow leads from the cluster that imports to the one that exports; two clusters that import from
 * each other without a problem share a line.
 */
export function mapPicture({ clusters, links }: FederationMap): string {
  const isDetailed = clusters.length <= DETAILED;
  const missing = links.filter(({ exporter }) => exporter === undefined);
  const strangers = [...new Set(missing.map(({ peer }) => peer))].sort();
  return [
    "digraph federation {",
    `  graph [${layoutOf(clusters.length)}, splines=true, bgcolor=white, fontname="${FONT}"];`,
    `  node [shape=plain, fontname="${FONT}", fontsize=11, fontcolor="${TEXT}"];`,
    `  edge [fontname="${FONT}", fontsize=9, fontcolor="${TEXT}", arrowsize=0.7, len=5, labeldistance=2.5];`,
    ...clusters.map((cluster) => `  ${quoted(cluster.id)} [label=<${box(cluster, isDetailed)}>];`),
    ...strangers.map((peer) => `  ${quoted(strangerId(peer))} [label=<${strangerBox(peer)}>];`),
    ...arrows(links, isDetailed),
    "}",
    "",
  ].join("\n");
}

/** Layout by size, with a fixed start, so that the same federation is the same picture. In a large one boxes cover arrows. */
function layoutOf(size: number): string {
  if (size <= ROW) return "layout=dot, rankdir=LR, nodesep=0.5, ranksep=1.6";
  const common = "overlap=prism, start=1";
  return size <= DETAILED
    ? `layout=neato, sep="+40", ${common}`
    : `layout=fdp, K=1.2, maxiter=800, outputorder=edgesfirst, ${common}`;
}

function box(cluster: MapCluster, isDetailed: boolean): string {
  const { name, trustDomain, revision, gateways, exports, istio, expiry } = cluster;
  const more = gateways.length - LISTED_GATEWAYS;
  const lines = isDetailed
    ? [
        trustDomain,
        ...(istio.length === 0 ? [] : [`Istio ${istio.join(", ")}`]),
        `contract ${revision}`,
        `exports ${count(exports)}`,
        ...(gateways.length === 0 ? ["no gateway address"] : gateways.slice(0, LISTED_GATEWAYS)),
        ...(more > 0 ? [`and ${count(more)} more`] : []),
        ...(expiry === undefined ? [] : [`${expiry.certificate} ends ${expiry.notAfter.slice(0, 10)}`]),
      ]
    : [`exports ${count(exports)}`];
  return table(name, lines, gateways.length === 0 ? WAITING : CALM, "rounded");
}

function strangerBox(peer: string): string {
  return table(peer, ["not read"], CALM, "rounded,dashed");
}

function table(title: string, lines: readonly string[], colour: string, style: string): string {
  const rows = [`<b>${escaped(title)}</b>`, ...lines.map(escaped)].map(
    (line) => `<tr><td align="left">${line}${ROOM}</td></tr>`,
  );
  return `<table border="1" cellborder="0" cellspacing="0" cellpadding="3" color="${colour}" bgcolor="#f7fafc" style="${style}">${rows.join("")}</table>`;
}

function arrows(links: readonly MapLink[], isDetailed: boolean): string[] {
  const key = (from: string, to: string): string => JSON.stringify([from, to]);
  const calm = new Map(
    links
      .filter((link) => concernOf(link) === undefined)
      .map((link) => [key(link.importer, targetOf(link)), link]),
  );
  return links.flatMap((link) => {
    const [from, to] = [link.importer, targetOf(link)];
    const isCalm = calm.has(key(from, to));
    const back = isCalm ? calm.get(key(to, from)) : undefined;
    // The other direction draws the line.
    if (back !== undefined && !isDetailed && to < from) return [];
    const isTwoWay = back !== undefined && !isDetailed;
    return [`  ${quoted(from)} -> ${quoted(to)} [${arrow(link, isDetailed, isTwoWay)}];`];
  });
}

function arrow(link: MapLink, isDetailed: boolean, isTwoWay: boolean): string {
  const concern = concernOf(link);
  const numbers = `${number(link.imported)} of ${number(link.offered)}`;
  const words =
    concern === undefined
      ? isDetailed
        ? numbers
        : ""
      : isDetailed
        ? `${numbers}\n${concern.text}`
        : concern.text;
  const colour = concern?.colour ?? (isDetailed ? CALM : "#cbd5e0");
  return [
    `color="${colour}"`,
    `fontcolor="${concern?.colour ?? TEXT}"`,
    ...(words === "" ? [] : [`${concern === undefined ? "taillabel" : "label"}=${quoted(words)}`]),
    ...(concern === undefined ? [] : ["style=dashed", "penwidth=1.6"]),
    ...(isTwoWay ? ["dir=both"] : []),
  ].join(", ");
}

/** Words and colour of a connection with a problem; undefined of one without. */
function concernOf(link: MapLink): { text: string; colour: string } | undefined {
  const { state, since, seen, published, trust } = link;
  if (state === "refused" || state === "held")
    return { text: `${state} since ${since.slice(0, 10)}`, colour: WRONG };
  if (trust?.constrained === false) return { text: "unconstrained", colour: WRONG };
  if (state === "pending") return { text: `pending since ${since.slice(0, 10)}`, colour: WAITING };
  if (isBehind(link)) return { text: `behind: ${number(seen)} of ${number(published)}`, colour: WAITING };
  return undefined;
}

function targetOf({ exporter, peer }: MapLink): string {
  return exporter ?? strangerId(peer);
}

/** No cluster has such an id, which has a `/`. */
function strangerId(peer: string): string {
  return `peer ${peer}`;
}

function number(value: number | undefined): string {
  return value === undefined ? "?" : count(value);
}

/** A quoted string of Graphviz: backslashes begin escapes of labels. */
function quoted(text: string): string {
  const safe = text
    .replace(/\p{Cc}/gu, (each) => (each === "\n" ? "\n" : " "))
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"');
  return `"${safe.replaceAll("\n", "\\n")}"`;
}

/** Text in a label of HTML. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
