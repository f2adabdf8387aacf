import { IGNORE_ROUTES_ANNOTATION } from "../../core/labels.ts";
import { suggestion } from "../../core/schema.ts";
import { firstNames } from "../../core/text.ts";
import { IGNORE_ANNOTATIONS, annotationsOf, entriesOf, ignoredParts } from "../ignoredFields.ts";
import type { TrafficObject } from "../trafficObject.ts";
import type { TrafficFinding, TrafficRule } from "../trafficRule.ts";

/** An annotation that ignores nothing: on a kind without that field, or for a route or subset that is not there. */
export const ignoreAnnotations: TrafficRule = {
  code: "ignore-annotation",
  checks: "annotations ignore what is there",
  needs: [],
  find: ({ objects }) =>
    objects.flatMap((object) => [
      ...misplacedAnnotations(object),
      ...unknownNames(object),
      ...ownRoutes(object),
    ]),
};

function pathOf(annotation: string): string {
  return `metadata.annotations["${annotation}"]`;
}

/** Finds annotations of another kind. */
function misplacedAnnotations(object: TrafficObject): TrafficFinding[] {
  const known = annotationsOf(object);
  return IGNORE_ANNOTATIONS.filter(
    (annotation) => object.annotations[annotation] !== undefined && !known.includes(annotation),
  ).map((annotation) => ({
    ...{ level: "fault", object, path: pathOf(annotation) },
    rule: `has no effect on a ${object.kind}`,
    remedy: known.length === 0 ? "Remove it" : `Write ${known.join(" or ")}, or remove it`,
  }));
}

/** Finds names of routes or subsets that are not there. */
function unknownNames(object: TrafficObject): TrafficFinding[] {
  const { field, names = [] } = ignoredParts(object) ?? {};
  if (field === undefined) return [];
  const known = namesOf(object, field.lists);
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const all = `"true" for all ${field.noun}s`;
      const listed = known.length === 0 ? `Write ${all}` : `Write ${all}, or some of: ${firstNames(known)}`;
      return {
        ...{ level: "fault", object, path: pathOf(field.annotation), value: name },
        rule: `is the name of no ${field.noun} here`,
        remedy: suggestion(name, known) ?? listed,
      };
    });
}

/** Finds routes of another controller that are the stack's own, or have no name. */
function ownRoutes(object: TrafficObject): TrafficFinding[] {
  const { field, addedRoutes = [] } = ignoredParts(object) ?? {};
  const own = namesOf(object, field?.lists ?? []);
  return addedRoutes.flatMap((name): TrafficFinding[] => {
    const place = { object, path: pathOf(IGNORE_ROUTES_ANNOTATION), value: name };
    if (own.includes(name))
      return [
        {
          ...{
            level: "fault",
            ...place,
            rule: "is a route of the stack, and not only of another controller",
          },
          remedy: "Remove the name, or the route",
        },
      ];
    if (!["true", "*", ""].includes(name)) return [];
    return [
      {
        ...{ level: "fault", ...place, rule: "is no name of a route" },
        remedy: "Write the names of the routes that the controller adds",
      },
    ];
  });
}

function namesOf(object: TrafficObject, lists: readonly string[]): string[] {
  return lists
    .flatMap((list) => entriesOf(object, list))
    .flatMap(({ name }) => (typeof name === "string" ? [name] : []));
}
