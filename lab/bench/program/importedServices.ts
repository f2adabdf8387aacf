import { DEFAULT_BRAKE } from "../../../federation/imports/brake.ts";
import { ImportedServices } from "../../../providers/importedServices.ts";
import { readWork, servicesOf } from "../work.ts";

/** The program under test: all services of a peer as one resource. */

const work = readWork();

/** Number of registered services. */
export const { imported } = new ImportedServices("imports", {
  kubeconfig: { ...work.kubeconfig },
  namespace: work.namespace,
  peer: work.peer,
  exportTo: [...work.exportTo],
  gateways: [work.gateway],
  otherGateways: {},
  siblings: [],
  movable: "",
  held: "",
  services: Object.fromEntries(servicesOf(work)),
  pending: undefined,
  brake: DEFAULT_BRAKE,
  acceptRemoval: undefined,
  required: false,
});
