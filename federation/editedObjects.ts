import { isDeepStrictEqual } from "node:util";
import { isGatewayPolicy } from "./access/gatewayPolicy.ts";
import type { AuthorizationPolicy } from "./access/authorizationPolicy.ts";
import { boundedLines, count } from "./core/text.ts";
import { sortedUnique } from "./core/order.ts";
import { ISTIO_NAMESPACE, PUBLISH_GATEWAY, PUBLISH_NAMESPACE, TOKENS } from "./core/wellKnown.ts";
import type { GatewayPlace } from "./core/gatewayPlace.ts";
import { type ExportAlias, aliasObject } from "./exports/alias.ts";
import {
  type GatewayListeners,
  gatewayListeners,
  gatewaySpec,
  terminatedRoute,
} from "./exports/gatewayListeners.ts";
import { STRICT_MUTUAL_TLS } from "./exports/mutualTls.ts";
import type { LastRun } from "./lastRun.ts";
import { tokenAuthentication, tokenPolicy } from "./publish/deckhouseAccess.ts";
import { documentRoute, publishGatewaySpec } from "./publish/documentRoutes.ts";
import type { ServedDocument } from "./publish/documents.ts";
import type { Publication } from "./publish/publication.ts";

/** Kinds of Istio's objects that decide who is let in. */
export type AccessKind =
  | "AuthorizationPolicy"
  | "Gateway"
  | "PeerAuthentication"
  | "RequestAuthentication"
  | "ServiceEntry"
  | "VirtualService";

interface ObjectName {
  kind: AccessKind;
  namespace: string;
  name: string;
}

type Spec = Readonly<Record<string, unknown>>;

/** An object that this program created, as it is in the cluster. */
export interface OwnObject extends ObjectName {
  uid: string;
  /** Time of creation, RFC 3339. */
  created: string;
  /** Count of changes of the spec. */
  generation: number;
  spec: Spec;
  /** Others who wrote to a field of the spec, by the field: their names as field managers. */
  editors: Readonly<Record<string, readonly string[]>>;
}

/** An object of this program that others edited, and the spec that it is to have. */
export interface EditedObject extends ObjectName {
  /** With the generation, tells edits apart: an object that is created again starts at generation 1. */
  uid: string;
  generation: number;
  spec: Spec;
}

interface DeclaredObject extends ObjectName {
  /** Whether the object's name has random digits after this one. */
  isVersioned: boolean;
  spec: Spec;
}

/** Parts of a plan that declare the objects. */
export interface Declarations {
  gateway: GatewayPlace;
  listeners: Pick<GatewayListeners, "hosts" | "terminated">;
  /** IP address that the gateway listens on; undefined for every address of the Pod. */
  bind: string | undefined;
  policies: readonly AuthorizationPolicy[];
  aliases: readonly ExportAlias[];
  /** Gateway that serves documents; undefined without one. */
  publish: PublishDeclaration | undefined;
  /** Whether this program makes the mesh STRICT: not where Istio is somebody else's. */
  isStrict: boolean;
}

/** The gateway that serves documents, and these as the last update left them: the next ones follow from outputs of resources. */
export interface PublishDeclaration extends Publication {
  documents: readonly ServedDocument[];
}

/** Declarations of the last update. */
export type LastDeclarations = Pick<LastRun, "contract" | "policies" | "aliases" | "publication" | "gateway">;

/**
 * Finds the objects that others edited. Pulumi's Kubernetes plugin does not see a field that others add, nor an item that they append to a
 * list: it compares what it declares. Without a refresh it sees no edit at all.
 * @returns the objects, each with the spec that it is to have; and a sentence for each.
 */
export function findEdited(
  own: readonly OwnObject[],
  declarations: Declarations,
  last: LastDeclarations,
): { edited: EditedObject[]; warnings: string[] } {
  const declared = new Map(declaredObjects(declarations).map((object) => [keyOf(object), object]));
  const before = lastObjects(declarations, last);
  const found = own.flatMap((object) => {
    const declaration = declared.get(fullName(object)) ?? declared.get(versionedKey(object));
    if (declaration === undefined) return [];
    const { spec } = declaration;
    const lastObject = before.get(fullName(declaration));
    const fields = sortedUnique([...Object.keys(spec), ...Object.keys(object.editors)]).filter((field) =>
      isEdited(object, field, spec, lastObject),
    );
    return fields.length === 0 ? [] : [{ object, fields, spec }];
  });
  return {
    edited: found.map(({ object: { kind, namespace, name, uid, generation }, spec }) => ({
      ...{ kind, namespace, name, uid, generation, spec },
    })),
    warnings: boundedLines(
      found,
      ({ object, fields }) =>
        `${fullName(object)}: ${describeEdits(object, fields)}. \`pulumi up\` restores it.`,
      (more) => `and ${count(more)} more objects of this stack were edited by others`,
    ),
  };
}

/**
 * Whether others edited a field of the spec. One that differs may also be about to be changed by this stack.
 * @param last declaration of the last update; undefined for a new object.
 */
function isEdited(
  { spec: live, editors }: OwnObject,
  field: string,
  spec: Spec,
  last: LastObject | undefined,
): boolean {
  if (isDeepStrictEqual(live[field], spec[field])) return false;
  if (last !== undefined && isDeepStrictEqual(live[field], last.spec[field])) return false;
  if (Object.hasOwn(editors, field)) return true;
  // A removal leaves no field manager.
  return last?.isExact === true
    ? isDeepStrictEqual(last.spec[field], spec[field])
    : isReduced(live[field], spec[field]);
}

/** Whether a value lacks a declared key. A list is one value: who removes an item is its field manager. */
function isReduced(live: unknown, declared: unknown): boolean {
  if (live === undefined) return declared !== undefined;
  if (!isMap(declared) || !isMap(live)) return false;
  return Object.entries(declared).some(([key, value]) => isReduced(live[key], value));
}

function isMap(value: unknown): value is Spec {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describeEdits({ spec, editors }: OwnObject, fields: readonly string[]): string {
  const list = (some: readonly string[]): string => some.map((field) => `spec.${field}`).join(", ");
  const managed = fields.filter((field) => Object.hasOwn(editors, field));
  const removed = fields.filter((field) => !Object.hasOwn(editors, field));
  const gone = removed.filter((field) => spec[field] === undefined);
  const reduced = removed.filter((field) => spec[field] !== undefined);
  const names = sortedUnique(managed.flatMap((field) => editors[field] ?? []));
  return [
    ...(managed.length === 0 ? [] : [`${list(managed)} was edited by ${names.join(", ")}`]),
    ...(gone.length === 0 ? [] : [`${list(gone)} was removed by others`]),
    ...(reduced.length === 0 ? [] : [`${list(reduced)} was removed in part by others`]),
  ].join(", ");
}

/**
 * Finds objects of the last update that somebody deleted and that are still to be there: the plugin sees it in a refresh alone.
 * @returns a sentence for each.
 */
export function findDeleted(
  own: readonly OwnObject[],
  declarations: Declarations,
  last: LastDeclarations,
): string[] {
  const before = lastObjects(declarations, last);
  const there = new Set(own.flatMap((object) => [fullName(object), versionedKey(object)]));
  const deleted = declaredObjects(declarations).filter(
    (object) => before.has(fullName(object)) && !there.has(keyOf(object)),
  );
  return boundedLines(
    deleted,
    (object) => `${fullName(object)} was deleted by somebody. \`pulumi up --refresh\` creates it again.`,
    (more) => `and ${count(more)} more objects of this stack were deleted`,
  );
}

/** An object as the last update declared it. */
interface LastObject extends DeclaredObject {
  /** Whether the spec is known, not derived from the contract and today's config. */
  isExact: boolean;
}

/** Returns the objects that the last update declared, by {@link fullName}. */
function lastObjects(
  { bind, publish, isStrict }: Declarations,
  { contract, policies, aliases, publication, gateway }: LastDeclarations,
): Map<string, LastObject> {
  if (contract === undefined || gateway === undefined) return new Map();
  const listeners = gatewayListeners(contract.services);
  const objects = declaredObjects({
    ...{ gateway, listeners, bind, isStrict },
    ...{ policies: Object.values(policies), aliases: Object.values(aliases) },
    publish: publication && { ...publication, documents: publish?.documents ?? [] },
  });
  return new Map(
    objects.map((object) => [
      fullName(object),
      { ...object, isExact: object.kind !== "Gateway" && object.kind !== "VirtualService" },
    ]),
  );
}

/** Finds the key by which this plan or the last update declared a live object; undefined for one that neither did. */
export function declaredKeys(
  declarations: Declarations,
  last: LastDeclarations,
): (object: OwnObject) => string | undefined {
  const keys = new Set(
    [...declaredObjects(declarations), ...lastObjects(declarations, last).values()].map(keyOf),
  );
  return (object) => [fullName(object), versionedKey(object)].find((key) => keys.has(key));
}

function fullName({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace}/${name}`;
}

function declaredObjects({
  gateway,
  listeners,
  bind,
  policies,
  aliases,
  publish,
  isStrict,
}: Declarations): DeclaredObject[] {
  const gatewayObject = gatewaySpec(gateway, listeners, bind);
  const ofGateway = (kind: AccessKind, name: string, spec: object): DeclaredObject =>
    declaredObject({ kind, namespace: gateway.namespace, name }, spec);
  return [
    ...(isStrict ? [MESH_PEER_AUTHENTICATION] : []),
    ...(gatewayObject === undefined ? [] : [ofGateway("Gateway", gateway.object, gatewayObject)]),
    ...listeners.terminated.map((port) =>
      ofGateway("VirtualService", port.serverName, terminatedRoute(gateway, port)),
    ),
    ...policies.map(policyObject),
    ...aliases.map(aliasEntry),
    ...(publish === undefined ? [] : publishObjects(publish)),
  ];
}

function publishObjects({ documents, access, ...gateway }: PublishDeclaration): DeclaredObject[] {
  const object = (kind: AccessKind, name: string, spec: object): DeclaredObject =>
    declaredObject({ kind, namespace: PUBLISH_NAMESPACE, name }, spec);
  return [
    object("Gateway", PUBLISH_GATEWAY, publishGatewaySpec(gateway)),
    ...documents.map((document) =>
      object("VirtualService", document.name, documentRoute(gateway.host, document)),
    ),
    ...(access === undefined
      ? []
      : [
          object("RequestAuthentication", TOKENS, tokenAuthentication(access)),
          object("AuthorizationPolicy", TOKENS, tokenPolicy(access)),
        ]),
  ];
}

/** Whether an object has a document: its spec is that of the last update, and is to be that of this one. */
export function hasDocument({ kind, namespace }: ObjectName): boolean {
  return kind === "VirtualService" && namespace === PUBLISH_NAMESPACE;
}

const MESH_PEER_AUTHENTICATION = declaredObject(
  { kind: "PeerAuthentication", namespace: ISTIO_NAMESPACE, name: "default" },
  STRICT_MUTUAL_TLS,
);

function policyObject(policy: AuthorizationPolicy): DeclaredObject {
  const { namespace, name, spec } = policy;
  return declaredObject({ kind: "AuthorizationPolicy", namespace, name }, spec, isGatewayPolicy(policy));
}

function aliasEntry(alias: ExportAlias): DeclaredObject {
  const { namespace, spec } = alias;
  return declaredObject({ kind: "ServiceEntry", namespace, name: aliasObject(alias) }, spec);
}

function declaredObject(name: ObjectName, spec: object, isVersioned = false): DeclaredObject {
  // As the API server stores it: without undefined.
  return { ...name, isVersioned, spec: JSON.parse(JSON.stringify(spec)) as Spec };
}

/** Returns the key of a declared object, by which {@link fullName} or {@link versionedKey} of a live one finds it. */
function keyOf(object: DeclaredObject): string {
  return object.isVersioned ? `${fullName(object)}-` : fullName(object);
}

/** Returns the key of a live object whose name ends with a version. */
function versionedKey(object: ObjectName): string {
  return fullName({ ...object, name: object.name.replace(/[^-]*$/, "") });
}
