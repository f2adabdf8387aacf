import * as z from "zod";
import { type Complaint, checked, fields, pattern, someText, text, type TextRule } from "../core/schema.ts";
import { CHART_VALUES } from "../helm/charts.ts";
import { withoutPilot } from "../helm/decision.ts";
import { valueFaults } from "../helm/valueFaults.ts";

/** Helm values of a chart; those that contradict the program are faults, the chart validates the rest. */
function valuesOf(chart: keyof typeof CHART_VALUES) {
  return checked(z.record(z.string(), z.unknown()), (values): Complaint[] =>
    valueFaults(values, CHART_VALUES[chart]),
  ).prefault({});
}

export const gatewayValues = valuesOf("gateway");

/** Istio's own Helm repository, and the version that this program is tested with. */
const DEFAULT_REPOSITORY = "https://istio-release.storage.googleapis.com/charts";
const DEFAULT_VERSION = "1.31.1";

const REPOSITORY: TextRule = {
  test: (value) => /^(?:https?|oci):\/\/[^/]/.test(value) && URL.canParse(value),
  rule: "must be the URL of a Helm repository: https://, http:// or oci://",
  remedy: "Write the URL, or use 'folder' for charts on this machine",
};

/** A range would make the same code install different things on different days. */
const VERSION = pattern(
  /^v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/,
  100,
  "must be one exact version",
  "Write all three numbers, e.g. 1.31.1, in quotes",
);

const charts = checked(
  fields({
    repository: text(REPOSITORY).optional().meta({
      description: "URL of a Helm repository, `https://` or `oci://`.",
      defaultsTo: "Istio's own",
    }),
    version: text(VERSION)
      .optional()
      .meta({
        description: "One exact version of Istio's charts.",
        defaultsTo: `\`${DEFAULT_VERSION}\``,
      }),
    folder: someText.optional().meta({
      description:
        "Instead: local folder that holds `base/`, `istiod/` and `gateway/` (`helm pull --untar`).",
      defaultsTo: "none",
    }),
  }),
  ({ repository, version, folder }): Complaint[] => {
    if (folder === undefined || (repository ?? version) === undefined) return [];
    const rule = "excludes 'repository' and 'version': charts come from one place";
    return [{ path: ["folder"], rule, remedy: "Remove 'folder', or both of the others" }];
  },
).transform(({ repository = DEFAULT_REPOSITORY, version = DEFAULT_VERSION, folder }) =>
  folder === undefined ? { repository, version } : { folder },
);

const values = fields({
  base: valuesOf("base").meta({
    description: "Helm values of the base chart, merged over the program's.",
    page: "helm-values.md",
  }),
  istiod: valuesOf("istiod").transform(withoutPilot).meta({
    description: "Helm values of the istiod chart, merged over the program's.",
    page: "helm-values.md",
  }),
});

/** The section `istio`: where Istio's charts come from, and extra values for them. */
export const istio = fields({ charts: charts.prefault({}), values: values.prefault({}) })
  .prefault({})
  .describe("Istio's charts and extra Helm values; a list replaces the program's list.");
