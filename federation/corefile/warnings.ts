import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { serverKeys, zoneOf } from "./key.ts";
import { parseCorefile } from "./parse.ts";
import { placeOf, withoutStub } from "./place.ts";

/** So many are told. */
const FIRST_ZONES = 3;

/**
 * What is worth knowing of a Corefile that will take our block: each to follow its name.
 * @param zones of the block.
 */
export function corefileWarnings(corefile: string, zones: readonly string[] = [GLOBAL_DOMAIN]): string[] {
  const named = zones
    .map((zone) => `'${zone}'`)
    .slice(0, FIRST_ZONES)
    .join(", ");
  const place = placeOf(corefile);
  const bare = place !== undefined && "marked" in place && !place.marked;
  const { imports, blocks } = parseCorefile(withoutStub(corefile)) ?? { imports: [], blocks: [] };
  const below = blocks
    .flatMap(serverKeys)
    .filter((key) => zones.some((zone) => zoneOf(key).endsWith(`.${zone}`)));
  return [
    ...imports.map(
      (name) =>
        `imports '${name}', which the program does not read: a server block for ${named} there would keep CoreDNS from starting`,
    ),
    ...below.map(
      (key) => `has a server block '${key}', which answers in place of ours for what lies below it`,
    ),
    ...(bare
      ? [
          `has our server block ${named} without the lines around it, as kubeadm's migration leaves it: 'pulumi up --refresh' puts them back`,
        ]
      : []),
  ];
}
