import type { GatewayAddress } from "../../federation/core/address.ts";
import { plainImport, type Import } from "../../federation/imports/import.ts";
import { renderServiceEntry, type ServiceEntry } from "../../federation/imports/serviceEntry.ts";
import type { Log } from "../progress.ts";
import type { ApiServer } from "./apiServer.ts";
import type { Row, TimedRow } from "./rows.ts";

/** Port of every service of the benchmark: the one that the lab's sidecars have an outgoing listener for. */
const SERVICE_PORT = 8080;

/** Variable with the {@link Work} of the benchmark's Pulumi programs, in JSON. */
export const WORK_VARIABLE = "ISTIO_FEDERATION_BENCH";

/** Imports that one step of the benchmark declares. */
export interface Work {
  readonly kubeconfig: { readonly path: string; readonly context: string };
  /** Namespace of the ServiceEntries, which holds nothing else. */
  readonly namespace: string;
  /** Name of the peer that exports the services. */
  readonly peer: string;
  /** Number of services that the peer exports. */
  readonly services: number;
  /** Namespaces that see them. */
  readonly exportTo: readonly string[];
  /** The peer's gateway; another one changes every entry. */
  readonly gateway: GatewayAddress;
  /** Version of the first service; another one changes its entry and no other. */
  readonly revision: number;
}

/** Work, client and log of a measurement. */
export interface Measurement<R extends Row = TimedRow> {
  readonly api: ApiServer;
  readonly work: Work;
  readonly log: Log;
  /** Called with each row as soon as it is there. */
  readonly onRow: (row: R) => void;
}

/**
 * Reads the work of a program of the benchmark.
 *
 * @throws Error when it was not started by the benchmark.
 */
export function readWork(environment: NodeJS.ProcessEnv = process.env): Work {
  const text = environment[WORK_VARIABLE];
  if (text === undefined) throw new Error(`${WORK_VARIABLE} is not set: run \`npm run bench\``);
  return JSON.parse(text) as Work;
}

/** The work with another gateway of the peer. */
export function moved(work: Work): Work {
  return { ...work, gateway: { address: "203.0.113.20", port: 15443 } };
}

/** The peer's services by host name: one HTTP port and one identity each. */
export function servicesOf({ services, peer, revision }: Work): [host: string, service: Import][] {
  return Array.from({ length: services }, (_, index) => {
    const name = `service-${String(index).padStart(5, "0")}`;
    const version = index === 0 && revision > 0 ? `-v${revision}` : "";
    const service = plainImport({
      ports: [{ number: SERVICE_PORT, name: "http", protocol: "HTTP" }],
      subjectAltNames: [`spiffe://${peer}.local/ns/shop/sa/${name}${version}`],
    });
    return [`${name}.shop.svc.${peer}.local`, service];
  });
}

/** The objects that the program under test writes, to the byte. */
export function entriesOf(work: Work): ServiceEntry[] {
  const { namespace, peer, exportTo, gateway } = work;
  return servicesOf(work).map(([host, service]) =>
    renderServiceEntry({ host, service, gateways: [gateway], otherGateways: {}, exportTo, namespace, peer }),
  );
}
