import { isIPv6 } from "node:net";
import { GLOBAL_DOMAIN } from "./topology/globalName.ts";

/** Lines between which everything is ours, and outside of which nothing is. */
const BEGIN = "# BEGIN istio-federation";
const END = "# END istio-federation";

/** What else may begin a line of a Corefile's outermost level: a file, or a snippet that is declared elsewhere in it. */
const IMPORT = "import";

/**
 * A server block of CoreDNS for global names, in its markers: a client without a sidecar gets this address for each
 * `<name>.<namespace>.global`, and no address of the other family. All else below that domain, which others have on the internet, is
 * asked of the node's resolvers as without the block.
 * @param address IPv4 or IPv6.
 */
export function renderStub(address: string): string {
  const match = `match ^[^.]+\\.[^.]+\\.${GLOBAL_DOMAIN}\\.$`;
  const type = isIPv6(address) ? "AAAA" : "A";
  return `${BEGIN}
${GLOBAL_DOMAIN}:53 {
    errors
    cache 30
    template IN ${type} ${GLOBAL_DOMAIN} {
        ${match}
        answer "{{ .Name }} 30 IN ${type} ${address}"
        fallthrough
    }
    template IN ANY ${GLOBAL_DOMAIN} {
        ${match}
        rcode NOERROR
        fallthrough
    }
    forward . /etc/resolv.conf
}
${END}
`;
}

/** What is in the markers, with them; undefined where there is none. */
export function stubIn(corefile: string): string | undefined {
  const place = placeOf(corefile);
  return place === undefined ? undefined : corefile.slice(...place);
}

/**
 * Puts a block in front, or in the place of an older one of ours; the rest stays to the letter.
 * @param stub as {@link renderStub} writes it.
 */
export function withStub(corefile: string, stub: string): string {
  const [begin, end] = placeOf(corefile) ?? [0, 0];
  return corefile.slice(0, begin) + stub + corefile.slice(end);
}

/** Takes out what {@link withStub} put in, and nothing else. */
export function withoutStub(corefile: string): string {
  return withStub(corefile, "");
}

/**
 * What keeps a Corefile from taking our block: one for the same names that somebody else wrote, or that nobody can tell which is whose.
 * @returns the rule that is broken, for a fault; undefined when there is none.
 */
export function obstacleIn(corefile: string): string | undefined {
  const lines = corefile.split("\n").map((line) => line.trim());
  const marks = lines.filter((line) => line === BEGIN || line === END);
  if (marks.join() !== "" && marks.join() !== [BEGIN, END].join())
    return `has the lines '${BEGIN}' and '${END}' not once each, in this order`;
  const keys = serverKeys(withoutStub(corefile));
  if (keys === undefined)
    return "is not written in server blocks with braces, beside which another could stand";
  const foreign = keys.find((key) => zoneOf(key) === GLOBAL_DOMAIN);
  return foreign === undefined ? undefined : `has a server block '${foreign}' that somebody else wrote`;
}

function placeOf(corefile: string): [begin: number, end: number] | undefined {
  const [, before = "", stub] =
    new RegExp(`^((?:.*\\n)*?)(${BEGIN}\\n(?:.*\\n)*?${END}\\n)`).exec(corefile) ?? [];
  return stub === undefined ? undefined : [before.length, before.length + stub.length];
}

/** The names of all server blocks, as they are written; undefined of a text that is none of blocks. */
function serverKeys(corefile: string): string[] | undefined {
  const keys: string[] = [];
  let depth = 0;
  let skip = false;
  let named = false;
  for (const token of tokensOf(corefile)) {
    if (token === "}") depth--;
    else if (token === "{") {
      depth++;
      named = false;
    } else if (depth > 0 || skip) skip = false;
    else if (token === IMPORT) skip = true;
    else {
      keys.push(token.replace(/,$/, ""));
      named = true;
    }
    if (depth < 0) return undefined;
  }
  return depth === 0 && !named ? keys : undefined;
}

/** As CoreDNS reads its Corefile: parted by blanks, with quotes and comments. */
function tokensOf(corefile: string): string[] {
  return [...corefile.matchAll(/(?:^|(?<=\s))#.*|"(?:[^"\\]|\\[^])*"|[^\s"]\S*/gm)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith("#"));
}

/** The zone of a server block's name, `[scheme://]zone[:port]`. */
function zoneOf(key: string): string {
  return key
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "")
    .replace(/:\d+$/, "")
    .replace(/\.$/, "");
}
