import { DNS_LABEL } from "./names.ts";
import type { TextRule } from "./schema.ts";

/** Who sees an imported service, as Istio's `exportTo` names it. Istio's `~`, nobody, would make the import pointless. */
export const EXPORT_TO: TextRule = {
  test: (value) => value === "*" || value === "." || DNS_LABEL.test(value),
  rule: "must be a namespace, '.' (the entry's own) or '*' (all)",
  remedy: "Correct the peer's exportTo",
};
