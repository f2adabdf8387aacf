import { isIPv6 } from "node:net";
import { GLOBAL_DOMAIN } from "../core/domains.ts";
import { overlap } from "../core/names.ts";
import { type Block, DNS_PORT, mayBeFor, parseCorefile, portsOf, wordsOf, zoneOf } from "./corefile.ts";

/** Lines around our server block. */
const BEGIN = "# BEGIN istio-federation";
const END = "# END istio-federation";
const MARKERS = new RegExp(`(?<![^\\n])[ \\t]*(${BEGIN}|${END})[ \\t]*\\r?(?:\\n|$)`, "g");
const LINES = `the lines '${BEGIN}' and '${END}'`;
const OURS = `our server block '${GLOBAL_DOMAIN}'`;

/** Start of the block's answer, which identifies the block without its markers. */
const ANSWER = '{{.Name}}{{"\\t30\\tIN\\t';

/** Directives that the block shares with the root block (`.`), as indented lines. */
export interface RootDirectives {
  /** Addresses on which CoreDNS listens; empty for all. */
  bind: string;
  /** Resolvers for other names below `global`. */
  forward: string;
  /** Key of a root block whose resolution of other names cannot be copied. */
  unlike: string | undefined;
}

const PLAIN: RootDirectives = { bind: "", forward: "    forward . /etc/resolv.conf\n", unlike: undefined };

/** Reason why the block cannot be added to a Corefile, or removed from it. */
export interface Obstacle {
  /** Follows the Corefile's name. */
  rule: string;
  /** In the imperative. */
  remedy: string;
}

/**
 * Renders the server block for global names, in its markers. Each `<name>.<namespace>.global` has this address, and none of the other family;
 * other names go where the root block forwards them. No word has quotes: a tool that drops quotes leaves a block that CoreDNS can read.
 * @param address IPv4 or IPv6.
 * @param port on which the other blocks listen too.
 */
export function renderGlobalBlock(
  address: string,
  port: number = DNS_PORT,
  { bind, forward }: RootDirectives = PLAIN,
): string {
  const match = `match ^[^.]+\\.[^.]+\\.${GLOBAL_DOMAIN}\\.$`;
  const type = isIPv6(address) ? "AAAA" : "A";
  return `${BEGIN}
${GLOBAL_DOMAIN}:${port} {
${bind}    errors
    cache 30
    template IN ${type} ${GLOBAL_DOMAIN} {
        ${match}
        answer ${ANSWER}${type}\\t${address}"}}
        fallthrough
    }
    template IN ANY ${GLOBAL_DOMAIN} {
        ${match}
        rcode NOERROR
        fallthrough
    }
${forward}}
${END}
`;
}

/** Parses the directives of the root blocks on a port; CoreDNS uses only blocks that listen on the query's port. */
export function rootDirectives(corefile: string, port: number): RootDirectives {
  const isRoot = (key: string): boolean => zoneOf(key) === "" && portsOf(key)?.includes(port) !== false;
  const roots =
    parseCorefile(withGlobalBlock(corefile, ""))?.blocks.filter(({ keys }) => keys.some(isRoot)) ?? [];
  const binds = roots.map((root) => linesOf(root, "bind"));
  const bind = binds.includes("") ? "" : [...new Set(binds)].join("");
  const { plugins = [], keys = [] } = roots[0] ?? {};
  const [forward, ...others] = plugins.filter(
    ({ name, args: [from = ""] }) => name === "forward" && ["", GLOBAL_DOMAIN].includes(zoneOf(from)),
  );
  if (forward !== undefined && others.length === 0)
    return { bind, forward: `    ${forward.written}\n`, unlike: undefined };
  const isSilent = forward === undefined && plugins.every(({ name }) => name !== "import");
  return { ...PLAIN, bind, unlike: isSilent ? undefined : keys.find(isRoot) };
}

function linesOf({ plugins }: Block, plugin: string): string {
  return plugins.flatMap(({ name, written }) => (name === plugin ? [`    ${written}\n`] : [])).join("");
}

/** Position of our block, or the reason why it cannot be determined. */
type Place = { begin: number; end: number; marked: boolean } | { unclear: string } | undefined;

/** Finds our block by its markers, or by its words where a tool removed them. */
function placeOf(corefile: string): Place {
  const marks = [...corefile.matchAll(MARKERS)];
  const [opening, closing] = marks;
  if (opening === undefined) return placeWithoutMarkers(corefile);
  if (closing === undefined || marks.map(([, mark]) => mark).join() !== [BEGIN, END].join())
    return { unclear: `has ${LINES} not once each, in this order` };
  const [begin, end] = [opening.index, closing.index + closing[0].length];
  const inside = parseCorefile(corefile.slice(begin + opening[0].length, closing.index));
  if (inside === undefined) return { unclear: `has no whole server block between ${LINES}` };
  const keys = inside.blocks.flatMap((block) => block.keys).filter((key) => zoneOf(key) !== GLOBAL_DOMAIN);
  const [foreign] = [
    ...inside.imports.map((name) => `'import ${name}'`),
    ...keys.map((key) => `the server block '${key}'`),
  ];
  if (foreign !== undefined) return { unclear: `has ${foreign}, which is not ours, between ${LINES}` };
  const rest = corefile.slice(0, begin) + corefile.slice(end);
  return likeOurs(rest)?.length === 0 ? { begin, end, marked: true } : { unclear: `has ${OURS} twice` };
}

function placeWithoutMarkers(corefile: string): Place {
  const blocks = likeOurs(corefile);
  if (blocks === undefined) return { unclear: `has ${OURS} in braces that do not match` };
  const [block, again] = blocks;
  if (block === undefined) return undefined;
  if (again !== undefined) return { unclear: `has ${OURS} twice` };
  const indent = /(?<![^\n])[ \t]*$/.exec(corefile.slice(0, block.begin))?.[0];
  if (indent === undefined || !isUnchanged(corefile, block))
    return { unclear: `has ${OURS}, but changed and without ${LINES}` };
  const rest = /^[ \t]*\r?(?:\n|$)/.exec(corefile.slice(block.end))?.[0] ?? "";
  return { begin: block.begin - indent.length, end: block.end + rest.length, marked: false };
}

/** Finds blocks for global names with our answer; undefined where braces do not match. */
function likeOurs(corefile: string): Block[] | undefined {
  const hasAnswer = (text: string): boolean => textOf(text).includes(` answer ${ANSWER}`);
  if (!hasAnswer(corefile)) return [];
  const isGlobal = (key: string): boolean => zoneOf(key) === GLOBAL_DOMAIN;
  return parseCorefile(corefile)?.blocks.filter(
    ({ keys, begin, end }) => keys.some(isGlobal) && hasAnswer(corefile.slice(begin, end)),
  );
}

/** Whether a block is ours word for word, with any address, port and directives of the root block. */
function isUnchanged(corefile: string, block: Block): boolean {
  const written = textOf(corefile.slice(block.begin, block.end));
  const [, address = ""] = /\\t([^\\"]+)"\}\}/.exec(written) ?? [];
  const [port] = portsOf(block.keys[0] ?? "") ?? [];
  const shared = { bind: linesOf(block, "bind"), forward: linesOf(block, "forward"), unlike: undefined };
  return textOf(renderGlobalBlock(address, port, shared)) === written;
}

function textOf(corefile: string): string {
  return Array.from(wordsOf(corefile), ({ text }) => text).join(" ");
}

/** Returns our block with its markers; a sentence when it cannot be determined, undefined without one. */
export function globalBlockIn(corefile: string): string | undefined {
  const place = placeOf(corefile);
  if (place === undefined) return undefined;
  return "unclear" in place ? `(the Corefile ${place.unclear})` : corefile.slice(place.begin, place.end);
}

/**
 * Puts our block first, or in the place of an older one. The rest is unchanged, as is the whole Corefile where our block cannot be determined.
 * @param block with its markers; "" removes it.
 */
export function withGlobalBlock(corefile: string, block: string): string {
  const place = placeOf(corefile) ?? { begin: 0, end: 0 };
  return "unclear" in place ? corefile : corefile.slice(0, place.begin) + block + corefile.slice(place.end);
}

/** The obstacle to taking our block out: nobody can tell which lines are ours. */
export function unclearIn(corefile: string): Obstacle | undefined {
  const place = placeOf(corefile);
  if (place === undefined || !("unclear" in place)) return undefined;
  return { rule: place.unclear, remedy: `Remove the rest of ${OURS} manually, with ${LINES}` };
}

/** The obstacle to putting our block in: unclear lines, somebody else's block for these names, or a place where nobody asks it. */
export function obstacleIn(corefile: string, block: string): Obstacle | undefined {
  const unclear = unclearIn(corefile);
  if (unclear !== undefined) return unclear;
  const parsed = parseCorefile(withGlobalBlock(corefile, ""));
  if (parsed === undefined) {
    const rule = "is not written in server blocks with braces, beside which another could stand";
    return { rule, remedy: "Have its owner rewrite it, or remove dns.coreDns" };
  }
  const keys = parsed.blocks.flatMap((each) => each.keys);
  const [ours] = parseCorefile(block)?.blocks ?? [];
  const [port = DNS_PORT] = portsOf(ours?.keys[0] ?? "") ?? [];
  return (
    zoneObstacle(keys) ??
    clusterObstacle(parsed.blocks) ??
    (parsed.imports.length > 0 ? undefined : portObstacle(keys, port)) ??
    bindObstacle(ours === undefined ? "" : linesOf(ours, "bind"), rootDirectives(corefile, port).bind)
  );
}

function zoneObstacle(keys: readonly string[]): Obstacle | undefined {
  const foreign = keys.find((key) => zoneOf(key) === GLOBAL_DOMAIN);
  if (foreign !== undefined) {
    const rule = `has a server block '${foreign}' of another owner`;
    return { rule, remedy: "Have its owner remove it, or remove dns.coreDns" };
  }
  const unknown = keys.find((key) => mayBeFor(key, GLOBAL_DOMAIN));
  if (unknown === undefined) return undefined;
  const rule = `has a server block '${unknown}', which an environment variable may make one for '${GLOBAL_DOMAIN}'`;
  return { rule, remedy: "Have its owner write its zone out, or remove dns.coreDns" };
}

/** CoreDNS asks the block of the longest zone alone: below `global`, the cluster's own names would get no answer any more. */
function clusterObstacle(blocks: readonly Block[]): Obstacle | undefined {
  const zones = blocks.flatMap(({ keys, plugins }) =>
    plugins.flatMap(({ name, args }) => (name !== "kubernetes" ? [] : args.length > 0 ? args : keys)),
  );
  const zone = zones.map(zoneOf).find((each) => overlap(each, GLOBAL_DOMAIN));
  if (zone === undefined) return undefined;
  const rule = `has the plugin 'kubernetes' for '${zone}', which is, or lies in, '${GLOBAL_DOMAIN}': our server block would answer in its place`;
  return { rule, remedy: "Remove dns.coreDns: this cluster's own names may be global ones" };
}

/** Validates the port: clients' queries arrive where the other blocks listen. */
function portObstacle(keys: readonly string[], port: number): Obstacle | undefined {
  const known = keys.map(portsOf);
  const ports = [...new Set(known.flatMap((each) => each ?? []))].sort((one, other) => one - other);
  if (known.includes(undefined) || ports.length === 0 || ports.includes(port)) return undefined;
  const [asked = ports[0]] = keys.filter((key) => zoneOf(key) === "").flatMap((key) => portsOf(key) ?? []);
  const rule = `has no server block that listens on port ${port}, but on ${ports.join(" and ")}`;
  return { rule, remedy: `Write dns.coreDns.port: ${asked}, which receives clients' queries` };
}

function bindObstacle(ours: string, theirs: string): Obstacle | undefined {
  if (ours === theirs) return undefined;
  const where = theirs === "" ? "on all addresses" : `by its '${theirs.trim().replace(/\s+/g, " ")}'`;
  const rule = `has a server block '.' that listens ${where}, and ours would listen elsewhere and receive no queries`;
  return {
    rule,
    remedy: "Run it again where the cluster can be read, so that ours is written like that block",
  };
}

/** Warnings about a Corefile that can have our block; each completes "Corefile <name> ...". */
export function corefileWarnings(corefile: string, port: number = DNS_PORT): string[] {
  const place = placeOf(corefile);
  const { blocks, imports } = parseCorefile(withGlobalBlock(corefile, "")) ?? { blocks: [], imports: [] };
  const plugins = blocks.flatMap((block) => block.plugins).map(({ name }) => name);
  const below = blocks.flatMap(({ keys }) => keys).filter((key) => zoneOf(key).endsWith(`.${GLOBAL_DOMAIN}`));
  const { unlike } = rootDirectives(corefile, port);
  const warnings = [
    ...imports.map(
      (name) =>
        `imports '${name}', which the program does not read: a server block for '${GLOBAL_DOMAIN}' there would keep CoreDNS from starting`,
    ),
    ...below.map((key) => `has a server block '${key}', which answers instead of ours for names below it`),
  ];
  if (unlike !== undefined)
    warnings.push(
      `has a server block '${unlike}', which answers other names in '${GLOBAL_DOMAIN}' in a way that ours cannot copy: ` +
        "they are now resolved by the resolvers in CoreDNS' own /etc/resolv.conf",
    );
  if (blocks.length > 0 && imports.length === 0 && !plugins.includes("reload") && !plugins.includes("import"))
    warnings.push("has no plugin 'reload': CoreDNS must be restarted to see each change of our server block");
  if (place !== undefined && "marked" in place && !place.marked)
    warnings.push(
      `has ${OURS} without the lines around it, as kubeadm's migration leaves it: 'pulumi up --refresh' restores them`,
    );
  return warnings;
}
