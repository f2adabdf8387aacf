import type { Block } from "./parse.ts";
import { pluginsOf, writePlugin } from "./plugins.ts";

/** What a block of ours has of those beside it: lines of it, indented. */
export interface Surroundings {
  /** Where it listens; empty: on all addresses. */
  bind: string;
  /** Whom it asks for names that it does not know. */
  forward: string;
}

/** Of a block beside which none says more: the resolvers in CoreDNS' own /etc/resolv.conf. */
export const PLAIN: Surroundings = { bind: "", forward: "    forward . /etc/resolv.conf\n" };

/** What a block of ours was written with. */
export function surroundingsOf(block: Block): Surroundings {
  const plugins = pluginsOf(block);
  const linesOf = (name: string): string =>
    plugins.flatMap((plugin) => (plugin.name === name ? [writePlugin(plugin) ?? ""] : [])).join("");
  return { bind: linesOf("bind"), forward: linesOf("forward") };
}
