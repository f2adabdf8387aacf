import type { HttpMatch } from "../specs.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** A route behind one that matches everything, or one whose matches are all taken: no request reaches it. */
export const routeOrder: TrafficRule = {
  code: "IST0130",
  checks: "each route can be reached",
  needs: [],
  find: ({ objects }) =>
    ofKind(objects, "VirtualService").flatMap(({ object, spec: { http = [] } }) => {
      const findings: TrafficFinding[] = [];
      const seen = new Map<string, number>();
      let whole: number | undefined;
      for (const [index, { match = [] }] of http.entries()) {
        const path = `spec.http[${index}]`;
        const keys = match.map(canonical);
        const former = keys.map((key) => seen.get(key));
        if (whole !== undefined)
          findings.push({
            ...{ level: "fault", object, path },
            rule: `is never reached: spec.http[${whole}] matches every request before`,
            remedy: "Put the route without match last",
          });
        else if (keys.length > 0 && former.every((each) => each !== undefined))
          findings.push({
            ...{ level: "fault", object, path: `${path}.match` },
            rule: `is never reached: spec.http[${former[0]}] has the same match before`,
            remedy: "Put both routes together, or correct one of the matches",
          });
        for (const key of keys) if (!seen.has(key)) seen.set(key, index);
        if (match.length === 0 || match.some(matchesAll)) whole ??= index;
      }
      return findings;
    }),
};

/** A text that is equal for equal matches; the name of a match is for people. */
function canonical(match: HttpMatch): string {
  const { name: _, ...conditions } = match;
  return JSON.stringify(conditions, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** Whether a match takes every request: it has no condition, or a path that all paths begin with. */
function matchesAll({ name: _, uri, ...others }: HttpMatch): boolean {
  if (Object.keys(others).length > 0) return false;
  return uri === undefined || uri.prefix === "/" || uri.regex === ".*";
}
