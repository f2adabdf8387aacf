import { plainMarkdown } from "../core/markdown.ts";
import { count } from "../core/text.ts";
import type { ExportReview, PeerReview, PlanReview } from "./planReview.ts";

/** Most characters: GitHub takes 65,536 in a comment, and cuts in the middle of a tag. */
export const REVIEW_LIMIT = 60_000;

/** Names that a list shows; more are folded. */
const OPEN_NAMES = 20;

/** Peers that the picture shows; more are counted. */
const DRAWN_PEERS = 20;

/** Formats a review as Markdown of bounded length: what stops a run first, then trust, peers, exports, the rest. */
export function reviewMarkdown(review: PlanReview): string {
  const { stack, operation, faults, errors, warnings, notes } = review;
  const isFaulty = faults.length > 0;
  const title = `## ${operation === "preview" ? "Preview" : "Update"} of ${plainMarkdown(stack)}`;
  const blocks = [
    title,
    ...section(`Faults: nothing is changed`, faults, "❌"),
    ...section("Errors", errors, "❌"),
    ...section("Warnings", warnings, "⚠️"),
    ...bold("Trust", review.trust),
    ...picture(review),
    ...review.peers.flatMap(peerBlocks),
    ...exportBlocks(review.exports),
    ...gatewayBlocks(review),
    ...section("Notes", notes, ""),
    ...(isFaulty || hasChanges(review) ? [] : ["Nothing changes for peers, exports, trust or gateways."]),
  ];
  return bounded(blocks);
}

function hasChanges({ trust, peers, exports, gateways }: PlanReview): boolean {
  return trust.length > 0 || exports.length > 0 || gateways !== undefined || peers.some(isChanging);
}

function isChanging({ state, braked, change }: PeerReview): boolean {
  const { added, changed, removed } = change;
  return state !== "ready" || braked !== "" || added.length + changed.length + removed.length > 0;
}

function section(title: string, lines: readonly string[], mark: string): string[] {
  if (lines.length === 0) return [];
  const before = mark === "" ? "- " : `- ${mark} `;
  return [`### ${title}`, ...lines.map((line) => `${before}${plainMarkdown(line)}`)];
}

function bold(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`### ${title}`, ...lines.map((line) => `- **${plainMarkdown(line)}**`)];
}

function peerBlocks(review: PeerReview): string[] {
  const { peer, state, reason, change, braked } = review;
  if (!isChanging(review)) return [];
  return [
    `### Peer ${plainMarkdown(peer)}${state === "ready" ? "" : ` (${state})`}`,
    ...(reason === "" ? [] : [`- ${plainMarkdown(reason)}`]),
    ...(braked === "" ? [] : [`- ❌ keeps what it has, as it ${plainMarkdown(braked)}`]),
    ...names("Adds", change.added),
    ...names("Changes", change.changed),
    ...names("Removes", change.removed),
  ];
}

function names(verb: string, hosts: readonly string[]): string[] {
  return hosts.length === 0
    ? []
    : folded(
        `${verb} ${count(hosts.length)}`,
        hosts.map((host) => plainMarkdown(host)),
      );
}

function exportBlocks(exports: readonly ExportReview[]): string[] {
  if (exports.length === 0) return [];
  const marks = { added: "+", changed: "~", removed: "-" };
  const lines = exports.map(({ host, change, importers }) => {
    const by = importers.length === 0 ? "" : `, imported by **${importers.map(plainMarkdown).join(", ")}**`;
    return `&#${marks[change].charCodeAt(0)}; ${plainMarkdown(host)}${by}`;
  });
  // Removed ones that somebody imports come first.
  return ["### Exports", ...folded(`${count(exports.length)} change`, lines)];
}

function gatewayBlocks({ gateways }: PlanReview): string[] {
  if (gateways === undefined) return [];
  const format = (all: readonly string[]): string => all.map(plainMarkdown).join(", ") || "none";
  return ["### Gateways", `- ${format(gateways.before)} → ${format(gateways.after)}`];
}

/** A list; beyond {@link OPEN_NAMES} lines it is folded. */
function folded(summary: string, lines: readonly string[]): string[] {
  const list = lines.map((line) => `  - ${line}`);
  if (lines.length <= OPEN_NAMES) return [`- ${summary}:`, ...list];
  return [
    `<details><summary>${summary}</summary>`,
    "",
    ...lines.map((line) => `- ${line}`),
    "",
    "</details>",
    "",
  ];
}

/** A picture of the peers whose imports change. */
function picture({ stack, peers }: PlanReview): string[] {
  const changing = peers.filter(isChanging);
  if (changing.length === 0) return [];
  const lines = changing.slice(0, DRAWN_PEERS).map(({ peer, state, change, braked }, index) => {
    const { added, changed, removed } = change;
    const numbers = [
      [added, "+"],
      [changed, "~"],
      [removed, "-"],
    ] as const;
    const text = numbers.flatMap(([hosts, mark]) =>
      hosts.length === 0 ? [] : [`${mark}${count(hosts.length)}`],
    );
    const label = braked === "" ? text.join(" ") || state : "held";
    return `  here["${drawn(stack)}"] -->|"${drawn(label)}"| p${index}["${drawn(peer)}"]`;
  });
  const more = changing.length - DRAWN_PEERS;
  return [
    [
      "```mermaid",
      "graph LR",
      ...lines,
      ...(more > 0 ? [`  here --> more["${count(more)} more"]`] : []),
      "```",
    ].join("\n"),
  ];
}

/** Text in a label of a picture: letters, digits and marks that Mermaid does not read. */
function drawn(text: string): string {
  return text.replace(/[^\w .+~,-]/g, " ");
}

/** Joins blocks as far as they fit, and counts the lines that do not; a fold that is open then is closed. */
function bounded(blocks: readonly string[]): string {
  const kept: string[] = [];
  let size = 0;
  for (const [index, block] of blocks.entries()) {
    if (size + block.length + 1 > REVIEW_LIMIT - 200) {
      const isFolded =
        kept.lastIndexOf("</details>") < kept.findLastIndex((line) => line.startsWith("<details>"));
      const left = `\n… ${count(blocks.length - index)} more lines are left out; the log of the run has them.`;
      return [...kept, ...(isFolded ? ["", "</details>"] : []), left, ""].join("\n");
    }
    kept.push(block);
    size += block.length + 1;
  }
  return [...kept, ""].join("\n");
}
