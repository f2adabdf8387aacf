import { pathOf } from "../fault.ts";
import type { PinJudgement } from "./pinJudgement.ts";
import { settingCommand } from "../settingCommand.ts";

/**
 * Holds a peer to the further domains that it owned when it was first imported, or that the config names: below any other it could have names
 * that are somebody else's. To own fewer takes nobody's consent.
 * @param pinned undefined at first sight, when they are taken as they are unless the config names them.
 */
export function judgeOwned(
  peer: string,
  published: readonly string[],
  pinned: readonly string[] | undefined,
  configured: readonly string[] | undefined,
): PinJudgement {
  const known = configured ?? pinned;
  const strange = known === undefined ? [] : published.filter((domain) => !known.includes(domain));
  const added = published.filter((domain) => !(pinned ?? []).includes(domain));
  const gone = (pinned ?? []).filter((domain) => !published.includes(domain));
  const origin =
    configured === undefined ? "those pinned since this peer was first imported" : "those in the config";
  const accept = published
    .map((domain, index) => settingCommand(`peers.${peer}.identity.domains[${index}]`, domain))
    .join(" and ");
  return {
    faults: strange.map((value) => ({
      path: pathOf("domains", published.indexOf(value)),
      value,
      rule: `is not among ${origin}: the peer would have names below it here`,
      remedy: `Ask the peer's team by another way than this. If it is right: ${accept}`,
    })),
    notes: [
      ...(added.length > 0 && strange.length === 0
        ? [`${peer} may have names below further domains: ${added.join(", ")}`]
        : []),
      ...(gone.length > 0 ? [`${peer} owns fewer domains: without ${gone.join(", ")}`] : []),
    ],
  };
}
