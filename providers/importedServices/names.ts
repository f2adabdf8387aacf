import { HOST_ANNOTATION, LOCAL_SERVICE_ANNOTATION } from "../../federation/core/labels.ts";
import { ownValue } from "../../federation/core/order.ts";
import { type ImportKind, LOCAL_KINDS } from "../../federation/imports/importObjects.ts";
import { localServiceIn, needsRule } from "../../federation/imports/importedService.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";

/**
 * The name of the object of this kind that is declared for a host, by the line of each.
 * @returns undefined where none is declared.
 */
export function nameOf(
  services: Readonly<Record<string, string>>,
  kind: ImportKind,
  host: string,
): string | undefined {
  const line = ownValue(services, host);
  if (line === undefined) return undefined;
  if (kind === "ServiceEntry") return host;
  if (kind === "DestinationRule") return needsRule(line) ? host : undefined;
  return localServiceIn(line);
}

/** Whether an object of this kind is declared for a host, by the line of each. */
export function declares(
  services: Readonly<Record<string, string>>,
  kind: ImportKind,
  host: string,
): boolean {
  return nameOf(services, kind, host) !== undefined;
}

/** @returns what tells for which host the object of this kind and name is declared; undefined where none is. */
export function hostFinder(
  services: Readonly<Record<string, string>>,
  kind: ImportKind,
): (name: string) => string | undefined {
  if (!isLocal(kind)) return (name) => nameOf(services, kind, name);
  const hosts = new Map(
    Object.entries(services).flatMap(([host, line]) => {
      const name = localServiceIn(line);
      return name === undefined ? [] : [[name, host] as const];
    }),
  );
  return (name) => hosts.get(name);
}

/** Whether a kind is of local Services and what leads from there: its objects are not named by their hosts. */
export function isLocal(kind: ImportKind): boolean {
  return LOCAL_KINDS.some((local) => local === kind);
}

/** The host that an object is for, as it says itself. */
export function hostOf({ metadata: { name, annotations = {} } }: KubernetesObject): string {
  return annotations[HOST_ANNOTATION] ?? name;
}

/** The name of the local Service that an entry says to have. */
export function localServiceOf({ metadata: { annotations = {} } }: KubernetesObject): string | undefined {
  return annotations[LOCAL_SERVICE_ANNOTATION];
}
