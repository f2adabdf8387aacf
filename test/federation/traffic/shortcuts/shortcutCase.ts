import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { describeFault } from "../../../../federation/core/fault.ts";
import type { Crd } from "../../../../federation/traffic/crd.ts";
import { checkSchemas } from "../../../../federation/traffic/schemaCheck.ts";
import { type TrafficObject, formatObject } from "../../../../federation/traffic/trafficObject.ts";

const ofCharts = JSON.parse(
  readFileSync(new URL("../../../../federation/traffic/istioCrds.json", import.meta.url), "utf8"),
) as Crd[];

/** Formats rendered objects as YAML, by kind and name, once they passed the schemas of their CRDs. */
export function rendered(objects: readonly TrafficObject[]): Record<string, string> {
  const { faults } = checkSchemas({ objects, declared: [], faults: [] }, { installed: undefined, ofCharts });
  assert.deepEqual(faults.map(describeFault), []);
  return Object.fromEntries(
    objects.map((object) => [
      formatObject(object),
      stringify(object.spec, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }).trim(),
    ]),
  );
}
