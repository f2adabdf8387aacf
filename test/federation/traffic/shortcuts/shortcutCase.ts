import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { traffic } from "../../../../federation/config/traffic.ts";
import { faultsOf } from "../../../../federation/core/schema.ts";
import { describeFault, within } from "../../../../federation/core/fault.ts";
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
      stringify(object.spec, {
        ...{ collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 },
        aliasDuplicateObjects: false,
      }).trim(),
    ]),
  );
}

/** Formats the faults of a section `traffic`. */
export function configFaults(section: object): string[] {
  const { error } = traffic.safeParse(section);
  return faultsOf(error ?? { issues: [] }, section).map((fault) => describeFault(within("traffic", fault)));
}
