import { suggestion } from "../../core/schema.ts";
import { firstNames } from "../../core/text.ts";
import { IGNORE_ANNOTATIONS, entriesOf, ignorableField, ignoredField } from "../ignoredFields.ts";
import type { TrafficFinding, TrafficRule } from "../trafficRule.ts";

/** An annotation that ignores nothing: on a kind without that field, or for a route or subset that is not there. */
export const ignoreAnnotations: TrafficRule = {
  code: "ignore-annotation",
  checks: "annotations ignore what is there",
  needs: [],
  find: ({ objects }) =>
    objects.flatMap((object): TrafficFinding[] => {
      const field = ignorableField(object);
      const at = (annotation: string) => `metadata.annotations["${annotation}"]`;
      const misplaced = IGNORE_ANNOTATIONS.filter(
        (annotation) => annotation !== field?.annotation && object.annotations[annotation] !== undefined,
      ).map((annotation): TrafficFinding => {
        const rule = `has no effect on a ${object.kind}`;
        const remedy = field === undefined ? "Remove it" : `Write ${field.annotation}, or remove it`;
        return { level: "fault", object, path: at(annotation), rule, remedy };
      });
      const { names = [] } = ignoredField(object) ?? {};
      if (field === undefined) return misplaced;
      const known = field.lists
        .flatMap((list) => entriesOf(object, list))
        .flatMap(({ name }) => (typeof name === "string" ? [name] : []));
      const unknown = names.filter((name) => !known.includes(name));
      return [
        ...misplaced,
        ...unknown.map((name): TrafficFinding => {
          const all = `"true" for all ${field.noun}s`;
          const listed =
            known.length === 0 ? `Write ${all}` : `Write ${all}, or some of: ${firstNames(known)}`;
          return {
            ...{ level: "fault", object, path: at(field.annotation), value: name },
            rule: `is the name of no ${field.noun} here`,
            remedy: suggestion(name, known) ?? listed,
          };
        }),
      ];
    }),
};
