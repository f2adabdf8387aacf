import { markdownTable, plainMarkdown } from "../core/markdown.ts";
import { count } from "../core/text.ts";
import type { FederationMap, MapCluster, MapLink } from "./federationMap.ts";

/** Gateways of a cluster that a table lists before it counts the rest. */
const LISTED_GATEWAYS = 3;

/** What is not known. */
const UNKNOWN = "?";

/** Formats a federation as tables in Markdown: what needs somebody first, then clusters, then what each takes from whom. */
export function mapReport(map: FederationMap): string {
  const names = new Map(map.clusters.map(({ id, name }) => [id, name]));
  const attention = [
    ...map.problems.map(plainMarkdown),
    ...map.links.flatMap((link) => concern(link, names)),
  ];
  return [
    ...(attention.length === 0
      ? []
      : [`## Needs attention\n\n${attention.map((line) => `- ${line}`).join("\n")}`]),
    `## Clusters\n\n${markdownTable(
      [
        "cluster",
        "trust domain",
        "topology",
        "Istio",
        "contract",
        "exports",
        "imports",
        "gateways",
        "ends first",
      ],
      map.clusters.map((cluster) => clusterCells(cluster, map.links)),
    )}`,
    `## Imports\n\n${markdownTable(
      [
        "importer",
        "exporter",
        "state",
        "imported",
        "offered",
        "contract seen",
        "published",
        "trust",
        "pinned by",
      ],
      map.links.map((link) => linkCells(link, names)),
    )}`,
  ].join("\n\n");
}

function clusterCells(cluster: MapCluster, links: readonly MapLink[]): string[] {
  const { id, name, trustDomain, topology, istio, revision, gateways, expiry } = cluster;
  const shown = gateways.slice(0, LISTED_GATEWAYS).map(plainMarkdown);
  const more = gateways.length - shown.length;
  const imported = links.filter(({ importer }) => importer === id).map((link) => link.imported);
  const known = imported.filter((number) => number !== undefined);
  const sum = known.reduce((all, number) => all + number, 0);
  return [
    plainMarkdown(name),
    plainMarkdown(trustDomain),
    topology,
    istio.length === 0 ? UNKNOWN : istio.map(plainMarkdown).join(", "),
    String(revision),
    count(cluster.exports),
    known.length === imported.length ? count(sum) : UNKNOWN,
    [...shown, ...(more > 0 ? [`and ${count(more)} more`] : [])].join(", ") || "none",
    expiry === undefined ? UNKNOWN : `${plainMarkdown(expiry.certificate)}, ${expiry.notAfter.slice(0, 10)}`,
  ];
}

function linkCells(link: MapLink, names: ReadonlyMap<string, string>): string[] {
  const { importer, exporter, peer, state, since, imported, offered, seen, published, trust } = link;
  const number = (value: number | undefined): string => (value === undefined ? UNKNOWN : count(value));
  return [
    plainMarkdown(names.get(importer) ?? importer),
    plainMarkdown(names.get(exporter ?? "") ?? peer),
    since === "" ? state : `**${state}** since ${plainMarkdown(since)}`,
    number(imported),
    number(offered),
    isBehind(link) ? `**${number(seen)}**` : number(seen),
    number(published),
    trust === undefined ? UNKNOWN : trust.constrained ? "constrained" : "**unconstrained**",
    trust?.pinnedBy ?? UNKNOWN,
  ];
}

/** Whether the importer has not yet taken the exporter's published contract. */
export function isBehind({ seen, published }: MapLink): boolean {
  return seen !== undefined && published !== undefined && seen < published;
}

function concern(link: MapLink, names: ReadonlyMap<string, string>): string[] {
  const { importer, exporter, peer, state, since, reason, seen, published, trust } = link;
  const [from, to] = [names.get(importer) ?? importer, names.get(exporter ?? "") ?? peer].map(plainMarkdown);
  const isReady = state === "ready" || state === "unknown";
  return [
    ...(isReady
      ? []
      : [`${from}: peer ${to} is ${state} since ${plainMarkdown(since)}: ${plainMarkdown(reason)}`]),
    ...(isBehind(link)
      ? [
          `${from} has revision ${seen} of ${to}'s contract, and ${published} is published: run \`pulumi up\` there`,
        ]
      : []),
    ...(trust?.constrained === false ? [`${from} trusts ${to} without a constraint`] : []),
  ];
}
