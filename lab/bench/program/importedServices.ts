import { formatGateway } from "../../../federation/core/address.ts";
import { formatImport } from "../../../federation/imports/importedService.ts";
import { readWork, servicesOf } from "../work.ts";
import { ImportedServices } from "../../../providers/importedServices.ts";

/** The program under test: all services of a peer as one resource. */

const work = readWork();
const services = servicesOf(work).map(([host, service]) => [host, formatImport(service)]);

/** How many are registered. */
export const { imported } = new ImportedServices("imports", {
  kubeconfig: { ...work.kubeconfig },
  namespace: work.namespace,
  peer: work.peer,
  exportTo: [...work.exportTo],
  gateways: [formatGateway(work.gateway)],
  services: Object.fromEntries(services) as Record<string, string>,
});
