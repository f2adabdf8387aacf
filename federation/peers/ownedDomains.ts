import { refuseHostName } from "../address.ts";
import { overlap } from "../hostname.ts";
import { MESH_DOMAIN } from "./meshDomain.ts";
import type { TextRule } from "../textRule.ts";

/** Domains that one cluster may own beside its cluster domain: each is judged against those of all others. */
export const OWNED_DOMAINS_LIMIT = 16;

/** What a domain may be in which a cluster offers names: it must no more be somebody else's than a mesh domain. */
export const OWNED_DOMAIN: TextRule = {
  test: (text) => MESH_DOMAIN.test(text) && refuseHostName(text) === undefined,
  rule: `${MESH_DOMAIN.rule}, and does not end in svc, localhost or localdomain`,
  remedy: "Name a domain that is this cluster's own, e.g. shop.example",
};

/**
 * A cluster's domains must neither be, hold nor lie in one another, its cluster domain or its mesh domain: of each name it is then plain in
 * which of them it lies. What is no text is told by itself.
 * @returns what is wrong with single entries, by their places.
 */
export function judgeOwnedDomains(
  domains: readonly unknown[],
  { clusterDomain, meshDomain }: { clusterDomain?: unknown; meshDomain?: unknown },
): { index: number; value: string; rule: string; remedy: string }[] {
  return domains.flatMap((value, index) => {
    if (typeof value !== "string") return [];
    const others = [clusterDomain, meshDomain, ...domains.slice(0, index)];
    const taken = others.filter((other) => typeof other === "string").find((other) => overlap(value, other));
    if (taken === undefined) return [];
    const rule = `is, holds or lies in '${taken}', another of the cluster's own domains`;
    return [{ index, value, rule, remedy: "Remove one of the two" }];
  });
}
