import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { format, resolveConfig } from "prettier";
import { type CustomResourceDefinition, toCrd } from "../federation/traffic/crd.ts";
import { prepareTools } from "../lab/tools/tools.ts";

/** `npm run docs:crds`: writes the schemas of the default charts' CRDs. A lab test fails when the file is stale. */

/** Schemas for a cluster where Istio's CRDs are not installed yet. */
export const ISTIO_CRDS = new URL("../federation/traffic/istioCrds.json", import.meta.url);

/** Reads the CRDs of the `base` chart in a folder of Istio's charts. */
export function chartCrds(charts: string): CustomResourceDefinition[] {
  const text = readFileSync(join(charts, "base/files/crd-all.gen.yaml"), "utf8");
  return (loadAll(text) as (CustomResourceDefinition | null)[]).filter((definition) => definition !== null);
}

if (import.meta.main) {
  const { charts } = await prepareTools(console.log);
  const filepath = ISTIO_CRDS.pathname;
  const text = JSON.stringify(chartCrds(charts).map(toCrd));
  writeFileSync(ISTIO_CRDS, await format(text, { ...(await resolveConfig(filepath)), filepath }));
}
