import { BASE_VALUES, ISTIOD_VALUES } from "./istiod.ts";
import { GATEWAY_VALUES } from "./gateway.ts";
import type { ChartValues } from "./valueFaults.ts";

/** Istio's charts that the program installs, with a decision about every value. */
export const CHART_VALUES = {
  base: { decisions: BASE_VALUES, alsoRoots: [] },
  // `zzy_descope_legacy.yaml` copies `pilot` over all values.
  istiod: { decisions: ISTIOD_VALUES, alsoRoots: ["pilot"] },
  // `zzz_profile.yaml` of this chart alone merges `global` into the defaults.
  gateway: { decisions: GATEWAY_VALUES, alsoRoots: ["global"] },
} as const satisfies Record<string, ChartValues>;
