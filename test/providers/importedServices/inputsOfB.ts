import type { Inputs } from "../../../providers/importedServices/inputs.ts";

/** What is to be imported of peer b, with one gateway. @param services the line of each, by host. */
export function inputsOfB(services: Inputs["services"]): Inputs {
  return {
    kubeconfig: {},
    namespace: "ns",
    peer: "b",
    exportTo: ["*"],
    gateways: ["203.0.113.10:15443"],
    services,
  };
}
