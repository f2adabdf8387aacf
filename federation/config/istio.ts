import * as z from "zod";
import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { DNS_LABEL, LABEL_VALUE } from "../core/names.ts";
import { REVISION, UNNAMED_REVISION } from "../core/revision.ts";
import {
  type Complaint,
  checked,
  fields,
  orUndefined,
  pattern,
  someText,
  text,
  type TextRule,
} from "../core/schema.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";
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

const istiodValues = valuesOf("istiod").transform(withoutPilot);

const values = fields({
  base: valuesOf("base").meta({
    description: "Helm values of the base chart, merged over the program's.",
    page: "helm-values.md",
  }),
  istiod: istiodValues.meta({
    description: "Helm values of the istiod chart, merged over the program's.",
    page: "helm-values.md",
  }),
});

const revision = text(REVISION).default(UNNAMED_REVISION);

const former = fields({
  revision: revision.meta({ description: "Name of the former revision." }),
  // Required: a default would upgrade it in place, together with the program.
  charts: charts.describe("Source of its istiod's chart, as `charts`: what `charts` was before."),
  values: orUndefined(
    fields({ istiod: istiodValues.describe("Helm values of its istiod, merged over the program's.") }),
  ).meta({ description: "Helm values of its istiod.", defaultsTo: "`values`" }),
});

const existing = fields({
  namespace: text(DNS_LABEL)
    .default(ISTIO_NAMESPACE)
    .describe("Namespace of istiod. The mesh's root namespace is read."),
  revision: orUndefined(text(LABEL_VALUE)).meta({
    description: "Revision or tag that injects the east-west gateway.",
    defaultsTo: "the only or the default one",
  }),
});

/** The section `istio`: where Istio's charts come from, and extra values for them; or the Istio that is there. */
export const istio = fields({
  charts: charts.prefault({}),
  values: values.prefault({}),
  revision: revision.meta({
    description: "Revision of istiod that injects the gateway; `default` is the unnamed one.",
    page: "upgrades.md",
  }),
  former: orUndefined(former).meta({
    description: "Revision that workloads leave, kept beside `revision` until they have.",
    defaultsTo: "none",
    page: "upgrades.md",
  }),
  existing: orUndefined(existing).meta({
    description: "Joins the Istio that is there; `{}` for its only revision.",
    defaultsTo: "none",
    page: "existing-istio.md",
  }),
})
  .prefault({})
  .describe(
    "Istio's charts and extra Helm values, where a list replaces the program's; or the Istio that is there.",
  );

/** Checks the config of a cluster whose Istio somebody else installed. */
export function checkExisting(draft: Draft<StackConfig>): Complaint[] {
  const { sections, isSet, textAt } = draft;
  if (lacksDomain(draft))
    return [{ path: ["cluster", "domain"], rule: "is missing", remedy: "Add it: text" }];
  const { istio: own, topology } = sections;
  if (own?.existing === undefined) return [];
  const unused = textAt("certificateAuthority", "source") === "provided" ? UNUSED : [SOURCE, ...UNUSED];
  const complaints = unused
    .filter((path) => isSet(...path))
    .map((path): Complaint => ({
      path: [...path],
      rule: "is for an Istio that this program installs, and istio.existing is given",
      remedy: "Remove it, or istio.existing",
      withoutValue: true,
    }));
  if (topology !== undefined && topology !== "federation")
    complaints.push({
      path: ["topology"],
      rule: "needs an Istio that this program installs, and istio.existing is given",
      remedy: "Write topology: federation",
    });
  return complaints;
}

/** Whether it is known whose Istio is meant, and so what is to be read: without that all else would be a consequence. */
export function isIstioKnown(draft: Draft<StackConfig>): boolean {
  return !draft.isFaulty("istio", "existing") && !lacksDomain(draft);
}

/** Whether the cluster domain is missing: only an installed Istio can state it instead. */
function lacksDomain({ sections, isSet, isFaulty, keysOf }: Draft<StackConfig>): boolean {
  const isGiven = sections.cluster !== undefined || keysOf("cluster").length > 0;
  if (!isGiven || isSet("cluster", "domain") || isFaulty("istio", "existing")) return false;
  return sections.istio?.existing === undefined;
}

/** Only `provided` has a meaning: the root that the mesh has. */
const SOURCE = ["certificateAuthority", "source"] as const;

/** Fields that have no effect on an Istio of somebody else. */
const UNUSED = [
  ["istio", "values"],
  ["istio", "revision"],
  ["istio", "former"],
  ["certificateAuthority", "shared"],
  ["certificateAuthority", "rotation"],
  ["certificateAuthority", "workloadCertificateHours"],
  ["certificateAuthority", "settlingMinutes"],
] as const;
