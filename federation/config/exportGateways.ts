import { type Fault, pathOf } from "../fault.ts";
import { topologyOf } from "../topology.ts";
import { asRecord } from "./stackNames.ts";

/**
 * What is wrong with what export rules have the gateway do: only in a federation it can open calls.
 * @param exports the config's `exports`, unchecked; `topology` likewise.
 */
export function judgeExportGateways(exports: unknown, topology: unknown): Fault[] {
  const rules: unknown[] = Array.isArray(exports) ? exports : [];
  const known = topologyOf(topology);
  if (known === undefined || known === "federation") return [];
  return rules.flatMap((rule, index) => {
    const { gateway: value } = asRecord(rule);
    if (value !== "terminating") return [];
    const path = pathOf("exports", index, "gateway");
    const reason = `is not to be had in topology '${known}', whose gateways pass calls on`;
    return [{ path, value, rule: reason, remedy: "Remove it, or write topology: federation" }];
  });
}
