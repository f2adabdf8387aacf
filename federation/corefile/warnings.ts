import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { serverKeys, zoneOf } from "./key.ts";
import { parseCorefile } from "./parse.ts";
import { placeOf } from "./place.ts";

/** What is worth knowing of a Corefile that will take our block: each to follow its name. */
export function corefileWarnings(corefile: string): string[] {
  const place = placeOf(corefile);
  const bare = place !== undefined && "marked" in place && !place.marked;
  const { imports, blocks } = parseCorefile(corefile) ?? { imports: [], blocks: [] };
  const below = blocks.flatMap(serverKeys).filter((key) => zoneOf(key).endsWith(`.${GLOBAL_DOMAIN}`));
  return [
    ...imports.map(
      (name) =>
        `imports '${name}', which the program does not read: a server block for '${GLOBAL_DOMAIN}' there would keep CoreDNS from starting`,
    ),
    ...below.map(
      (key) => `has a server block '${key}', which answers in place of ours for what lies below it`,
    ),
    ...(bare
      ? [
          `has our server block '${GLOBAL_DOMAIN}' without the lines around it, as kubeadm's migration leaves it: 'pulumi up --refresh' puts them back`,
        ]
      : []),
  ];
}
