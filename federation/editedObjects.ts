import { isDeepStrictEqual } from "node:util";
import { isGatewayPolicy } from "./access/gatewayPolicy.ts";
import type { AuthorizationPolicy } from "./access/authorizationPolicy.ts";
import { boundedLines, count } from "./core/text.ts";
import { compare, sortedUnique } from "./core/order.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, ISTIO_NAMESPACE } from "./core/wellKnown.ts";
import { type ExportAlias, aliasObject } from "./exports/alias.ts";
import { type GatewayListeners, gatewaySpec, terminatedRoute } from "./exports/gatewayListeners.ts";
import { STRICT_MUTUAL_TLS } from "./exports/mutualTls.ts";
import type { LastRun } from "./lastRun.ts";

/** Kinds of Istio's objects that decide who is let in. */
export type GuardKind =
  "AuthorizationPolicy" | "Gateway" | "PeerAuthentication" | "ServiceEntry" | "VirtualService";

interface ObjectName {
  kind: GuardKind;
  namespace: string;
  name: string;
}

type Spec = Readonly<Record<string, unknown>>;

/** An object that this program created, as it is in the cluster. */
export interface OwnObject extends ObjectName {
  /** Count of changes of the spec. */
  generation: number;
  spec: Spec;
  /** Others who wrote to a field of the spec, by the field: their names as field managers. */
  editors: Readonly<Record<string, readonly string[]>>;
}

/** An object of this program that others edited, and the spec that it is to have. */
export interface EditedObject extends ObjectName {
  generation: number;
  spec: Spec;
}

interface DeclaredObject extends ObjectName {
  /** Whether the object's name has random digits after this one. */
  isVersioned: boolean;
  spec: Spec;
}

/** Parts of a plan that declare the objects. */
export interface DeclaredGuards {
  listeners: Pick<GatewayListeners, "hosts" | "terminated">;
  /** IP address that the gateway listens on; undefined for every address of the Pod. */
  bind: string | undefined;
  policies: readonly AuthorizationPolicy[];
  aliases: readonly ExportAlias[];
}

/**
 * Finds the objects that others edited. Pulumi's Kubernetes plugin does not see a field that others add, nor an item that they append to a
 * list: it compares what it declares.
 * @returns the objects, each with the spec that it is to have; and a sentence for each.
 */
export function findEdited(
  own: readonly OwnObject[],
  guards: DeclaredGuards,
): { edited: EditedObject[]; warnings: string[] } {
  const declared = new Map(declaredObjects(guards).map((object) => [keyOf(object), object.spec]));
  const found = own.flatMap((object) => {
    const spec = declared.get(fullName(object)) ?? declared.get(versionedKey(object));
    if (spec === undefined) return [];
    // A field that nobody else wrote to differs by a change of this stack.
    const fields = Object.keys(object.editors).filter(
      (field) => !isDeepStrictEqual(object.spec[field], spec[field]),
    );
    return fields.length === 0 ? [] : [{ object, fields: fields.sort(compare), spec }];
  });
  return {
    edited: found.map(({ object: { kind, namespace, name, generation }, spec }) => ({
      ...{ kind, namespace, name, generation, spec },
    })),
    warnings: boundedLines(
      found,
      ({ object, fields }) =>
        `${fullName(object)}: ${fields.map((field) => `spec.${field}`).join(", ")} was edited by ` +
        `${sortedUnique(fields.flatMap((field) => object.editors[field] ?? [])).join(", ")}. ` +
        "`pulumi up` restores it.",
      (more) => `and ${count(more)} more objects of this stack were edited by others`,
    ),
  };
}

/** What the last update declared. */
export type DeclaredBefore = Pick<LastRun, "contract" | "policies" | "aliases">;

/**
 * Finds objects of the last update that somebody deleted and that are still to be there: the plugin sees it in a refresh alone.
 * @returns a sentence for each.
 */
export function findDeleted(
  own: readonly OwnObject[],
  guards: DeclaredGuards,
  { contract, policies, aliases }: DeclaredBefore,
): string[] {
  if (contract === undefined) return [];
  const before = new Set([
    `PeerAuthentication ${ISTIO_NAMESPACE}/default`,
    ...(Object.keys(contract.services).length === 0 ? [] : [`Gateway ${GATEWAY_NAMESPACE}/${GATEWAY_NAME}`]),
    ...Object.keys(policies).map((name) => `AuthorizationPolicy ${name}`),
    ...Object.values(aliases).map((alias) => `ServiceEntry ${alias.namespace}/${aliasObject(alias)}`),
  ]);
  const there = new Set(own.flatMap((object) => [fullName(object), versionedKey(object)]));
  const deleted = declaredObjects(guards).filter(
    (object) => before.has(fullName(object)) && !there.has(keyOf(object)),
  );
  return boundedLines(
    deleted,
    (object) => `${fullName(object)} was deleted by somebody. \`pulumi up --refresh\` creates it again.`,
    (more) => `and ${count(more)} more objects of this stack were deleted`,
  );
}

function fullName({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace}/${name}`;
}

function declaredObjects({ listeners, bind, policies, aliases }: DeclaredGuards): DeclaredObject[] {
  const gatewayObject = gatewaySpec(listeners, bind);
  const declared = (name: ObjectName, spec: object, isVersioned = false): DeclaredObject => ({
    ...name,
    isVersioned,
    // As the API server stores it: without undefined.
    spec: JSON.parse(JSON.stringify(spec)) as Spec,
  });
  const gateway = (kind: GuardKind, name: string): ObjectName => ({
    kind,
    namespace: GATEWAY_NAMESPACE,
    name,
  });
  return [
    declared({ kind: "PeerAuthentication", namespace: ISTIO_NAMESPACE, name: "default" }, STRICT_MUTUAL_TLS),
    ...(gatewayObject === undefined ? [] : [declared(gateway("Gateway", GATEWAY_NAME), gatewayObject)]),
    ...listeners.terminated.map((port) =>
      declared(gateway("VirtualService", port.serverName), terminatedRoute(port)),
    ),
    ...policies.map((policy) => {
      const { namespace, name, spec } = policy;
      return declared({ kind: "AuthorizationPolicy", namespace, name }, spec, isGatewayPolicy(policy));
    }),
    ...aliases.map((alias) => {
      const { namespace, spec } = alias;
      return declared({ kind: "ServiceEntry", namespace, name: aliasObject(alias) }, spec);
    }),
  ];
}

/** Returns the key of a declared object, by which {@link fullName} or {@link versionedKey} of a live one finds it. */
function keyOf(object: DeclaredObject): string {
  return object.isVersioned ? `${fullName(object)}-` : fullName(object);
}

/** Returns the key of a live object whose name ends with a version. */
function versionedKey(object: ObjectName): string {
  return fullName({ ...object, name: object.name.replace(/[^-]*$/, "") });
}
