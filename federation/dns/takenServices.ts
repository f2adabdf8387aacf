import type { Fault } from "../fault.ts";
import { ownerOf } from "../imports/hostConflicts.ts";
import { compare } from "../order.ts";
import { LOCAL_NAME_PATH } from "./localNames.ts";

/**
 * A fault for each Service of somebody else that has the name of one that is to be made.
 * @param others in the namespace of ours.
 * @param wanted for which imported service each is, by name.
 */
export function takenServices(
  others: readonly { name: string; labels: Record<string, string> }[],
  wanted: ReadonlyMap<string, { peer: string; host: string }>,
  namespace: string,
): Fault[] {
  return others
    .filter(({ name }) => wanted.has(name))
    .sort((one, other) => compare(one.name, other.name))
    .map(({ name, labels }) => {
      const { peer, host } = wanted.get(name) ?? { peer: "", host: "" };
      return {
        path: LOCAL_NAME_PATH,
        value: name,
        rule: `is to be the local Service of ${host} of peer ${peer}, and there is a Service ${namespace}/${name}, ${ownerOf({ labels })}`,
        remedy: `Delete that one, or choose another ${LOCAL_NAME_PATH}`,
      };
    });
}
