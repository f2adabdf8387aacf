import { ownerOf } from "../../core/hostConflict.ts";
import { objectKey } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule } from "../trafficRule.ts";

/** An object that somebody else created under this name: the update would fail halfway, since nothing is taken over. */
export const foreignOwner: TrafficRule = {
  code: "foreign-owner",
  checks: "objects of these names are somebody else's",
  needs: ["foreign"],
  find: ({ objects, foreign }) => {
    const byKey = new Map(foreign.map((object) => [objectKey(object), object]));
    return objects.flatMap((object): TrafficFinding[] => {
      const found = byKey.get(objectKey(object));
      if (found === undefined) return [];
      return [
        {
          ...{ level: "fault", object, path: "" },
          rule: `is in the cluster already, ${found.owner === undefined ? ownerOf(found) : `which is owned by ${found.owner}`}: this program did not create it`,
          remedy: "Give this one another name, or have the owner remove theirs",
        },
      ];
    });
  },
};
