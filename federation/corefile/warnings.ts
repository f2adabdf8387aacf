import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { serverKeys, zoneOf } from "./key.ts";
import { neighboursIn } from "./neighbours.ts";
import { type Corefile, parseCorefile } from "./parse.ts";
import { placeOf, withoutStub } from "./place.ts";
import { pluginsOf } from "./plugins.ts";
import { DNS_PORT } from "./stub.ts";

/** So many are told. */
const FIRST_ZONES = 3;

/**
 * What is worth knowing of a Corefile that will take our block: each to follow its name.
 * @param zones of the block.
 * @param port on which it listens.
 */
export function corefileWarnings(
  corefile: string,
  zones: readonly string[] = [GLOBAL_DOMAIN],
  port: number = DNS_PORT,
): string[] {
  const named = someZones(zones);
  const place = placeOf(corefile);
  const bare = place !== undefined && "marked" in place && !place.marked;
  const parsed = parseCorefile(withoutStub(corefile)) ?? { imports: [], blocks: [] };
  const below = parsed.blocks
    .flatMap(serverKeys)
    .filter((key) => zones.some((zone) => zoneOf(key).endsWith(`.${zone}`)));
  return [
    ...parsed.imports.map(
      (name) =>
        `imports '${name}', which the program does not read: a server block for ${named} there would keep CoreDNS from starting`,
    ),
    ...below.map(
      (key) => `has a server block '${key}', which answers in place of ours for what lies below it`,
    ),
    ...unlike(corefile, zones, port),
    ...(seesChanges(parsed)
      ? []
      : ["has no plugin 'reload': CoreDNS must be restarted to see each change of our server block"]),
    ...(bare
      ? [
          `has our server block ${named} without the lines around it, as kubeadm's migration leaves it: 'pulumi up --refresh' puts them back`,
        ]
      : []),
  ];
}

/** Where what we do not know is sent elsewhere than before. */
function unlike(corefile: string, zones: readonly string[], port: number): string[] {
  const neighbour = neighboursIn(corefile, port);
  const held = new Map<string, string[]>();
  for (const zone of zones) {
    const { unlike: key } = neighbour(zone);
    if (key === undefined) continue;
    const known = held.get(key);
    if (known === undefined) held.set(key, [zone]);
    else known.push(zone);
  }
  return [...held].map(
    ([key, all]) =>
      `has a server block '${key}', which answers other names in ${someZones(all)} in a way that ours cannot take over: ` +
      "from now on those are asked of the resolvers in CoreDNS' own /etc/resolv.conf",
  );
}

/** What is imported may say so. */
function seesChanges({ blocks, imports }: Corefile): boolean {
  if (imports.length > 0 || blocks.length === 0) return true;
  return blocks.flatMap(pluginsOf).some(({ name }) => name === "reload" || name === "import");
}

function someZones(zones: readonly string[]): string {
  return zones
    .map((zone) => `'${zone}'`)
    .slice(0, FIRST_ZONES)
    .join(", ");
}
