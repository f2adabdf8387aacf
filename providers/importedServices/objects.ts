import { parseGateway } from "../../federation/address.ts";
import { formatImport, isRenamed, parseImport, type ImportedService } from "../../federation/importLine.ts";
import { type ImportKind, type ImportObject, renderImport } from "../../federation/importObjects.ts";
import { REMOTE_HOST_ANNOTATION } from "../../federation/labels.ts";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  type ResourceKind,
  SERVICE_ENTRY,
} from "../cluster/kinds.ts";
import type { Inputs } from "./inputs.ts";

/** An object as the API server returns it: what is in `spec` is whatever someone wrote. */
export type LiveObject = KubernetesObject & { spec?: Record<string, unknown> };

/** How the API server serves what an import is made of. */
export const RESOURCES: Readonly<Record<ImportKind, ResourceKind>> = {
  ServiceEntry: SERVICE_ENTRY,
  DestinationRule: DESTINATION_RULE,
};

/**
 * How to make the objects that the inputs ask for, a service at a time: all of them at once would be a lot of memory.
 * @returns renders those of one of the inputs' host names.
 */
export function declaredObjects(inputs: Omit<Inputs, "kubeconfig">): (host: string) => ImportObject[] {
  const { namespace, peer, exportTo, services } = inputs;
  const gateways = inputs.gateways.map(parseGateway);
  return (host) =>
    renderImport({ host, service: parseImport(services[host] ?? ""), gateways, exportTo, namespace, peer });
}

/** Whether an object of this kind is declared for a host, by the line of each. */
export function declares(
  services: Readonly<Record<string, string>>,
  kind: ImportKind,
  host: string,
): boolean {
  if (!Object.hasOwn(services, host)) return false;
  return kind === "ServiceEntry" || isRenamed(services[host] ?? "");
}

/** The name in the peer's cluster that an entry tells, where it has another one here: such an entry, and no other, has a DestinationRule. */
export function remoteHostOf({ metadata }: KubernetesObject): string | undefined {
  return metadata.annotations?.[REMOTE_HOST_ANNOTATION];
}

/** The service of an entry as far as a line can tell it. The API server's schema vouches for no more than the types. */
export function serviceIn(entry: LiveObject): ImportedService | undefined {
  const remoteHost = remoteHostOf(entry);
  const { ports, subjectAltNames } = (entry.spec ?? {}) as unknown as ImportedService;
  try {
    const service = { ports, subjectAltNames, ...(remoteHost === undefined ? {} : { remoteHost }) };
    return parseImport(formatImport(service));
  } catch {
    return undefined;
  }
}
