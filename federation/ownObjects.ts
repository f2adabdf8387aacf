import { isGatewayPolicy } from "./access/gatewayPolicy.ts";
import type { AuthorizationPolicy } from "./access/authorizationPolicy.ts";
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

/** Identity of an object that decides who is let in. */
export interface OwnObjectName {
  kind: AccessKind;
  namespace: string;
  name: string;
}

/** Spec of an object, as the API server stores it. */
export type OwnSpec = Readonly<Record<string, unknown>>;

/** An object that this program created, as it is in the cluster. */
export interface OwnObject extends OwnObjectName {
  uid: string;
  /** Time of creation, RFC 3339. */
  created: string;
  /** Count of changes of the spec. */
  generation: number;
  spec: OwnSpec;
  /** Others who wrote to a field of the spec, by the field: their names as field managers. */
  editors: Readonly<Record<string, readonly string[]>>;
}

interface DeclaredObject extends OwnObjectName {
  /** Whether the object's name has random digits after this one. */
  isVersioned: boolean;
  spec: OwnSpec;
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

/** An object as the last update declared it. */
export interface LastObject extends DeclaredObject {
  /** Whether the spec is known, not derived from the contract and today's config. */
  isExact: boolean;
}

/** Returns the objects that the last update declared, by {@link formatOwnObject}. */
export function lastObjects(
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
      formatOwnObject(object),
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
    [...declaredObjects(declarations), ...lastObjects(declarations, last).values()].map(declaredKey),
  );
  return (object) => [formatOwnObject(object), versionedKey(object)].find((key) => keys.has(key));
}

/** Formats an object for messages: `Gateway istio-gateway/eastwestgateway`. */
export function formatOwnObject({ kind, namespace, name }: OwnObjectName): string {
  return `${kind} ${namespace}/${name}`;
}

/** Renders the objects of a plan. */
export function declaredObjects({
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
export function hasDocument({ kind, namespace }: OwnObjectName): boolean {
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

function declaredObject(name: OwnObjectName, spec: object, isVersioned = false): DeclaredObject {
  // As the API server stores it: without undefined.
  return { ...name, isVersioned, spec: JSON.parse(JSON.stringify(spec)) as OwnSpec };
}

/** Returns the key of a declared object, by which {@link formatOwnObject} or {@link versionedKey} of a live one finds it. */
export function declaredKey(object: DeclaredObject): string {
  return object.isVersioned ? `${formatOwnObject(object)}-` : formatOwnObject(object);
}

/** Returns the key of a live object whose name ends with a version. */
export function versionedKey(object: OwnObjectName): string {
  return formatOwnObject({ ...object, name: object.name.replace(/[^-]*$/, "") });
}
