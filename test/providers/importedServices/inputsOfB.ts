import { jsonOf } from "../../federation/imports/importOf.ts";
import type { Inputs } from "../../../providers/importedServices/inputs.ts";

/** Inputs for peer b, with one gateway. @param lines the line of each service, by host. */
export function inputsOfB(lines: Record<string, string>, more: Partial<Inputs> = {}): Inputs {
  return {
    kubeconfig: {},
    namespace: "ns",
    peer: "b",
    exportTo: ["*"],
    gateways: [{ address: "203.0.113.10", port: 15443 }],
    otherGateways: {},
    services: jsonOf(lines),
    notAsDeclared: {},
    siblings: [],
    handedOver: [],
    ...more,
  };
}
