import { type Complaint, checked, fields, someText, text } from "../schema.ts";
import { type TextRule, pattern } from "../textRule.ts";
import { baseValues, istiodValues } from "./helmValues.ts";

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
    repository: text(REPOSITORY).optional(),
    version: text(VERSION).optional(),
    folder: someText.optional(),
  }),
  ({ repository, version, folder }): Complaint[] => {
    if (folder === undefined || (repository ?? version) === undefined) return [];
    const rule = "excludes 'repository' and 'version': charts come from one place";
    return [{ path: ["folder"], rule, remedy: "Remove 'folder', or both of the others" }];
  },
).transform(({ repository = DEFAULT_REPOSITORY, version = DEFAULT_VERSION, folder }) =>
  folder === undefined ? { repository, version } : { folder },
);

/** Where Istio's charts come from, and extra values for them. */
export const istio = fields({
  charts: charts.prefault({}),
  values: fields({ base: baseValues, istiod: istiodValues }).prefault({}),
});
