import { glob, readFile } from "node:fs/promises";
import type { TrafficConfig } from "../federation/config/traffic.ts";
import type { Fault } from "../federation/core/fault.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { messageOf } from "../federation/core/text.ts";
import type { Reading } from "../federation/snapshot.ts";
import { renderEgress } from "../federation/traffic/shortcuts/egress.ts";
import { renderIngress } from "../federation/traffic/shortcuts/ingress.ts";
import type { TrafficObject } from "../federation/traffic/trafficObject.ts";
import type { TrafficFile, TrafficReadings } from "../federation/traffic/trafficTargets.ts";

/** Reads the stack's objects, with those of shortcuts. The parser is loaded by stacks with traffic alone. */
export async function readDeclaredObjects(
  { files: patterns, objects, egress, ingress }: TrafficConfig,
  clusterDomain: string,
): Promise<TrafficReadings["declared"]> {
  const [files, { parseTraffic }] = await Promise.all([
    readFiles(patterns),
    import("../federation/traffic/trafficDocuments.ts"),
  ]);
  const render = (written: readonly TrafficObject[]): TrafficObject[] => [
    ...(egress === undefined ? [] : renderEgress(egress, clusterDomain, written)),
    ...(ingress === undefined ? [] : renderIngress(ingress, clusterDomain)),
  ];
  return "value" in files ? { value: parseTraffic(files.value, objects, render) } : files;
}

/** Reads all files that the patterns match, sorted; a pattern that matches none is a fault. */
async function readFiles(patterns: readonly string[]): Promise<Reading<TrafficFile[]>> {
  const faults: Fault[] = [];
  const paths: string[] = [];
  for (const [index, pattern] of patterns.entries()) {
    const found: string[] = [];
    for await (const path of glob(pattern)) found.push(path);
    if (found.length === 0)
      faults.push({
        path: `traffic.files[${index}]`,
        value: pattern,
        rule: "matches no file",
        remedy: "Correct it: it is relative to the program's folder",
      });
    paths.push(...found);
  }
  const files = await Promise.all(
    sortedUnique(paths).map(async (path) => {
      try {
        return [{ path, text: await readFile(path, "utf8") }];
      } catch (error) {
        faults.push({
          path,
          rule: `cannot be read: ${messageOf(error)}`,
          remedy: "Correct traffic.files, or the file's rights",
        });
        return [];
      }
    }),
  );
  return faults.length > 0 ? { faults } : { value: files.flat() };
}
