import { domainsAround } from "../hostname.ts";
import { portsOf, serverKeys, zoneOf } from "./key.ts";
import { type Block, parseCorefile } from "./parse.ts";
import { withoutStub } from "./place.ts";
import { argumentsOf, pluginsOf, writePlugin } from "./plugins.ts";
import { PLAIN, type Surroundings, surroundingsOf } from "./surroundings.ts";

/** Who of a Corefile answers for a zone where no block of ours does, and what ours has of it. */
export interface Neighbour extends Surroundings {
  /** The key of a block that sends names on in a way that is not ours then. */
  unlike?: string;
}

/**
 * Reads what blocks of ours have of those beside them: they listen where the root block (`.`) does, as CoreDNS asks a block only about
 * what arrives at its own addresses; and they forward, what they do not know, where the block does that holds their zone.
 * @param corefile with or without ours.
 * @param port on which ours listen.
 */
export function neighboursIn(corefile: string, port: number): (zone: string) => Neighbour {
  const { blocks } = parseCorefile(withoutStub(corefile)) ?? { blocks: [] };
  const keyed = blocks.flatMap((block) =>
    serverKeys(block)
      .filter((key) => portsOf(key)?.includes(port) !== false)
      .map((key) => ({ block, key, zone: zoneOf(key) })),
  );
  const roots = keyed.filter(({ zone }) => zone === "").map(({ block }) => surroundingsOf(block).bind);
  const bind = roots.includes("") ? "" : [...new Set(roots)].join("");
  const byZone = new Map([...keyed].reverse().map((each) => [each.zone, each]));
  return (zone) => {
    const holder = [...domainsAround(zone), ""]
      .map((each) => byZone.get(each))
      .find((each) => each !== undefined);
    const forward = holder === undefined ? PLAIN.forward : forwardIn(holder.block, zone, holder.zone === "");
    if (forward !== undefined) return { bind, forward };
    return { bind, forward: PLAIN.forward, ...(holder === undefined ? {} : { unlike: holder.key }) };
  };
}

/**
 * The line by which a block sends names of a zone on.
 * @returns undefined where it does not, or where that is more than one line tells.
 */
function forwardIn(block: Block, zone: string, isRoot: boolean): string | undefined {
  const plugins = pluginsOf(block);
  const meant = plugins.filter((plugin) => {
    const from = zoneOf(argumentsOf(plugin)[0] ?? "");
    return plugin.name === "forward" && (from === "" || `.${zone}`.endsWith(`.${from}`));
  });
  const [only, ...others] = meant;
  if (only !== undefined) return others.length > 0 ? undefined : writePlugin(only);
  // A root that sends nothing on answers nothing of others': whatever ours does is no other answer than before.
  return isRoot && plugins.every(({ name }) => name !== "import") ? PLAIN.forward : undefined;
}
