import { isDeepStrictEqual } from "node:util";
import { type GatewayAddress, parseGateway } from "../../federation/core/address.ts";
import {
  EXPORT_TO_ANNOTATION,
  HOST_ANNOTATION,
  LOCAL_SERVICE_ANNOTATION,
  OUTLIERS_ANNOTATION,
  REMOTE_HOST_ANNOTATION,
  SERVED_BY_ANNOTATION,
  TERMINATED,
  TERMINATED_ANNOTATION,
} from "../../federation/core/labels.ts";
import { sortedUnique } from "../../federation/core/order.ts";
import { type ImportKind, type ImportObject, renderImport } from "../../federation/imports/importObjects.ts";
import {
  type ImportedService,
  formatImport,
  parseImport,
  parseServing,
} from "../../federation/imports/importedService.ts";
import { parseOutliers } from "../../federation/imports/outlierDetection.ts";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  type ResourceKind,
  SERVICE,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
} from "../../kubernetes/kinds.ts";
import type { Inputs } from "./inputs.ts";
import { localServiceOf } from "./names.ts";

/** An object as the API server returns it: what is in `spec` is whatever someone wrote. */
export type LiveObject = KubernetesObject & { spec?: Record<string, unknown> };

/** How the API server serves what an import is made of. */
export const RESOURCES: Readonly<Record<ImportKind, ResourceKind>> = {
  ServiceEntry: SERVICE_ENTRY,
  DestinationRule: DESTINATION_RULE,
  Service: SERVICE,
  VirtualService: VIRTUAL_SERVICE,
};

/**
 * How to make the objects that the inputs ask for, a service at a time: all of them at once would be a lot of memory.
 * @returns renders those of one of the inputs' host names.
 */
export function declaredObjects(inputs: Omit<Inputs, "kubeconfig">): (host: string) => ImportObject[] {
  const { namespace, peer, exportTo, services } = inputs;
  const known = { ...gatewaysIn(inputs), exportTo, namespace, peer };
  return (host) => renderImport({ ...known, host, service: parseImport(services[host] ?? "") });
}

/** The gateways of inputs, or of what they left. */
export function gatewaysIn({ gateways, otherGateways = {} }: Pick<Inputs, "gateways" | "otherGateways">): {
  gateways: GatewayAddress[];
  otherGateways: Record<string, GatewayAddress[]>;
} {
  const others = Object.entries(otherGateways).map(
    ([peer, written]) => [peer, written.map(parseGateway)] as const,
  );
  return { gateways: gateways.map(parseGateway), otherGateways: Object.fromEntries(others) };
}

/** The annotations by which an entry says what its DestinationRule is for. */
const RULE_ANNOTATIONS = [OUTLIERS_ANNOTATION, REMOTE_HOST_ANNOTATION, TERMINATED_ANNOTATION];

const OUR_ANNOTATIONS = [
  ...RULE_ANNOTATIONS,
  SERVED_BY_ANNOTATION,
  LOCAL_SERVICE_ANNOTATION,
  HOST_ANNOTATION,
  EXPORT_TO_ANNOTATION,
];

/** Those annotations of an object that this program writes, in one order. */
export function ourAnnotations({ metadata }: KubernetesObject): Record<string, string> {
  const { annotations = {} } = metadata;
  return Object.fromEntries(
    OUR_ANNOTATIONS.flatMap((key) => {
      const value = annotations[key];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

/** The same object's annotations that are others' affair. */
export function otherAnnotations({ metadata }: KubernetesObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => !OUR_ANNOTATIONS.includes(key)),
  );
}

/** Whether an entry says that it has a DestinationRule. */
export function tellsOfRule({ metadata: { annotations = {} } }: KubernetesObject): boolean {
  return RULE_ANNOTATIONS.some((key) => annotations[key] !== undefined);
}

/**
 * The service of an entry as far as a line can tell it. The API server's schema vouches for no more than the types.
 * @param exportTo of the peer's services in general: only others are told.
 */
export function serviceIn(entry: LiveObject, exportTo: readonly string[]): ImportedService | undefined {
  const annotations = ourAnnotations(entry);
  const remoteHost = annotations[REMOTE_HOST_ANNOTATION];
  const written = annotations[OUTLIERS_ANNOTATION];
  const outlierDetection = written === undefined ? undefined : parseOutliers(written);
  const serving = annotations[SERVED_BY_ANNOTATION];
  const servedBy = serving === undefined ? undefined : parseServing(serving);
  const { ports, subjectAltNames, exportTo: seenBy } = (entry.spec ?? {}) as unknown as ImportedService;
  const localService = localServiceOf(entry);
  const plain = {
    ports,
    subjectAltNames,
    ...(remoteHost === undefined ? {} : { remoteHost }),
    ...(annotations[TERMINATED_ANNOTATION] === TERMINATED ? { terminated: true as const } : {}),
    ...(servedBy === undefined ? {} : { servedBy }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(localService === undefined ? {} : { localService }),
  };
  const isOwn = Array.isArray(seenBy) && !isDeepStrictEqual(sortedUnique(exportTo), seenBy);
  return (isOwn ? readable({ ...plain, exportTo: seenBy }) : undefined) ?? readable(plain);
}

/** What no line can tell is none of this program's. */
function readable(service: ImportedService): ImportedService | undefined {
  try {
    return parseImport(formatImport(service));
  } catch {
    return undefined;
  }
}
