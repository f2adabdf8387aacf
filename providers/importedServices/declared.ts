import { ownValue } from "../../federation/core/order.ts";
import { hasDestinationRule } from "../../federation/imports/destinationRule.ts";
import { type Import, importFromJson } from "../../federation/imports/import.ts";
import {
  type ImportKind,
  type ImportObject,
  LOCAL_KINDS,
  renderImport,
} from "../../federation/imports/serviceEntry.ts";
import type { Inputs } from "./inputs.ts";

/** Whether objects of a kind are named by the local Service, and not by the host. */
export function isLocal(kind: ImportKind): boolean {
  return LOCAL_KINDS.some((local) => local === kind);
}

/** The inputs that objects are rendered from. */
type Rendered = Pick<
  Inputs,
  "namespace" | "peer" | "exportTo" | "gateways" | "otherGateways" | "services" | "siblings"
>;

/** The objects that inputs declare. Each is rendered when asked for: all of 10,000 services at once would take much memory. */
export class DeclaredImports {
  readonly inputs: Rendered;
  readonly #imports = new Map<string, Import>();
  #hostByService: ReadonlyMap<string, string> | undefined;

  constructor(inputs: Rendered) {
    this.inputs = inputs;
  }

  /** The objects of a host, in the order in which they are created; none for a host that is not declared. */
  objects(host: string): ImportObject[] {
    const service = this.#import(host);
    const { namespace, peer, exportTo, gateways, otherGateways } = this.inputs;
    return service === undefined
      ? []
      : renderImport({ host, service, namespace, peer, exportTo, gateways, otherGateways });
  }

  object(host: string, kind: ImportKind): ImportObject | undefined {
    return this.objects(host).find((each) => each.kind === kind);
  }

  /** The name of the object of this kind that a host has; undefined where it has none. */
  nameOf(kind: ImportKind, host: string): string | undefined {
    const service = this.#import(host);
    if (service === undefined || kind === "ServiceEntry") return service && host;
    if (kind === "DestinationRule") return hasDestinationRule(service) ? host : undefined;
    return service.localService;
  }

  /** The host that has the object of this kind and name; undefined where none has. */
  hostOf(kind: ImportKind, name: string): string | undefined {
    if (!isLocal(kind)) return this.nameOf(kind, name) === undefined ? undefined : name;
    this.#hostByService ??= new Map(
      Object.keys(this.inputs.services).flatMap((host) => {
        const service = this.nameOf("Service", host);
        return service === undefined ? [] : [[service, host]];
      }),
    );
    return this.#hostByService.get(name);
  }

  /** The hosts that have an object of this kind. */
  hosts(kind: ImportKind): string[] {
    return Object.keys(this.inputs.services).filter((host) => this.nameOf(kind, host) !== undefined);
  }

  #import(host: string): Import | undefined {
    const known = this.#imports.get(host);
    if (known !== undefined) return known;
    const json = ownValue(this.inputs.services, host);
    if (json === undefined) return undefined;
    const service = importFromJson(json);
    this.#imports.set(host, service);
    return service;
  }
}
