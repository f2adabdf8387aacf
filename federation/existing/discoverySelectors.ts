import type { LabelSelector } from "./meshSettings.ts";

type Labels = Readonly<Record<string, string>>;

/** Label that Kubernetes gives each namespace: its name. */
const NAME_LABEL = "kubernetes.io/metadata.name";

/** Whether istiod sees a namespace with these labels: any selector matches, or there is none. */
export function isDiscovered(selectors: readonly LabelSelector[], labels: Labels): boolean {
  return selectors.length === 0 || selectors.some((selector) => selects(selector, labels));
}

/** Evaluates a label selector as Kubernetes does; an empty one selects everything. */
export function selects({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
  const value = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  return (
    Object.entries(matchLabels).every(([key, wanted]) => value(key) === wanted) &&
    matchExpressions.every(({ key, operator, values }) => {
      const found = value(key);
      switch (operator) {
        case "In":
          return found !== undefined && values.includes(found);
        case "NotIn":
          return found === undefined || !values.includes(found);
        case "Exists":
          return found !== undefined;
        case "DoesNotExist":
          return found === undefined;
        default:
          return false;
      }
    })
  );
}

/**
 * Finds labels by which every control plane sees a namespace of this program: those of one selector each.
 * @param all selectors of each control plane.
 * @param name of the namespace, which Kubernetes adds as a label.
 * @returns undefined where no such labels are found.
 */
export function discoveryLabels(
  all: readonly (readonly LabelSelector[])[],
  name: string,
): Labels | undefined {
  const found = all.reduce<Labels | undefined>((labels, selectors) => {
    if (labels === undefined) return undefined;
    const ways = [{}, ...selectors.map(labelsFor)].map((added) => ({ ...labels, ...added }));
    return ways.find((way) => {
      const isKept = Object.entries(labels).every(([key, value]) => way[key] === value);
      return isKept && isDiscovered(selectors, { ...way, [NAME_LABEL]: name });
    });
  }, {});
  const isSeen = all.every((selectors) => isDiscovered(selectors, { ...found, [NAME_LABEL]: name }));
  return isSeen ? found : undefined;
}

/** Returns labels that a selector may match: its own, and the first value of each expression that asks for one. */
function labelsFor({ matchLabels, matchExpressions }: LabelSelector): Labels {
  const asked = matchExpressions.flatMap(({ key, operator, values: [first = "true"] }) =>
    operator === "In" || operator === "Exists" ? [[key, first] as const] : [],
  );
  return { ...Object.fromEntries(asked), ...matchLabels };
}
