import { createHash } from "node:crypto";
import type { CheckCall, DiffCall, Diffed } from "../protocol/provider.ts";
import {
  differences,
  hasUnknown,
  isProperties,
  mapValues,
  markSecrets,
  reveal,
  Secret,
  type Properties,
  type Unknown,
  type Value,
} from "../protocol/values.ts";
import type { Settings } from "./connection.ts";

/** A Kubernetes object: inputs of a resource, or what the API server answered. */
export interface Manifest extends Properties {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

export interface Metadata extends Properties {
  readonly name?: string | Unknown;
  readonly namespace?: string | Unknown;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Fields of an object that one manager owns. */
export interface ManagedFields extends Properties {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1?: Properties;
}

/** Keys that the provider adds to an object in Pulumi's state. */
const OWN_KEYS: ReadonlySet<string> = new Set(["__inputs", "__initialApiVersion", "__fieldManager"]);

const READ_ONLY_METADATA: ReadonlySet<string> = new Set([
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
]);

const AUTONAMED = "pulumi.com/autonamed";
const AUTONAME_DIGITS = 8;

/** Reads inputs as a manifest, without secret marks. */
export function manifestOf(inputs: Properties): Manifest {
  const plain = reveal(inputs);
  return { ...plain, metadata: plain["metadata"] ?? {} } as Manifest;
}

/** A value of `metadata.annotations`, e.g. of `pulumi.com/skipAwait`. */
export function annotation(manifest: Manifest, name: string): string | undefined {
  return manifest.metadata.annotations?.[`pulumi.com/${name}`];
}

/** Normalizes a manifest as the API server does: no read-only metadata, stringData as data. */
export function normalize(manifest: Manifest): Manifest {
  const entries = Object.entries(manifest.metadata).filter(([key]) => !READ_ONLY_METADATA.has(key));
  const cleaned = { ...manifest, metadata: Object.fromEntries(entries) as Metadata };
  const { stringData, ...rest } = cleaned as Manifest & {
    stringData?: Record<string, string>;
    data?: Properties;
  };
  if (!isSecret(manifest) || hasUnknown(manifest) || Object.keys(stringData ?? {}).length === 0)
    return cleaned;
  const encoded = mapValues(stringData ?? {}, (text) => Buffer.from(text).toString("base64"));
  return { ...rest, data: { ...rest.data, ...encoded } };
}

/** Gives an object without a name one: the name of before, the engine's proposal, or the resource's name and a hash. */
export function autoname(manifest: Manifest, call: CheckCall): Manifest {
  const { metadata } = manifest;
  if (metadata.name) return manifest;
  const old = manifestOf(call.olds);
  const adopted = annotation(old, "autonamed") === "true" ? old.metadata.name : undefined;
  if (adopted === undefined && call.autonaming?.mode === "disable")
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  const hash = createHash("sha256").update(call.randomSeed).digest("hex").slice(0, AUTONAME_DIGITS);
  const name = adopted ?? call.autonaming?.name ?? `${call.name}-${hash}`;
  return {
    ...manifest,
    metadata: { ...metadata, name, annotations: { ...metadata.annotations, [AUTONAMED]: "true" } },
  };
}

/** Cuts a live object to the fields of the inputs; lists by index. */
export function prune(live: Value | undefined, shape: Value | undefined): Value | undefined {
  if (isProperties(live) && isProperties(shape)) {
    const kept = Object.keys(shape).filter((key) => live[key] !== undefined);
    return mapValues(
      Object.fromEntries(kept.map((key) => [key, key])),
      (key) => prune(live[key], shape[key]) ?? null,
    );
  }
  if (Array.isArray(live) && Array.isArray(shape)) {
    return live
      .slice(0, shape.length)
      .map((item: Value, index) => prune(item, shape[index] as Value) ?? null);
  }
  return live;
}

/** Secret marks as in the inputs; a Secret's data are secret as a whole, wherever they come from. */
export function markManifest(manifest: Properties, inputs: Properties): Properties {
  const marked = mapValues(manifest, (value, key) => markSecrets(value, inputs[key]));
  if (manifest["kind"] !== "Secret") return marked;
  return mapValues(marked, (value, key) =>
    key === "data" || key === "stringData" ? new Secret(value) : value,
  );
}

/** The object as it goes into Pulumi's state: what is there, and the inputs that made it so. */
export function checkpoint(live: Manifest, inputs: Properties, fieldManager: string): Properties {
  return {
    ...markManifest(live, inputs),
    __inputs: markManifest(manifestOf(inputs), inputs),
    __initialApiVersion: live.apiVersion,
    __fieldManager: fieldManager,
  };
}

/** Splits state into the object and the inputs that made it so. */
export function readCheckpoint(state: Properties): { readonly live: Manifest; readonly inputs: Manifest } {
  const live = Object.fromEntries(Object.entries(state).filter(([key]) => !OWN_KEYS.has(key)));
  return { live: manifestOf(live), inputs: manifestOf((reveal(state["__inputs"]) ?? {}) as Properties) };
}

/** Pulumi's id of an object: `namespace/name`, or `name` for one of the cluster. */
export function idOf({ metadata }: Manifest): string {
  return [metadata.namespace, metadata.name]
    .filter((part) => typeof part === "string" && part !== "")
    .join("/");
}

/** apiVersion and kind of a type token, e.g. `kubernetes:core/v1:Namespace`. */
export function kindOfToken(token: string): Pick<Manifest, "apiVersion" | "kind"> {
  const [, apiVersion = "", kind = ""] = token.split(":");
  return { apiVersion: apiVersion.replace(/^core\//, ""), kind };
}

/** Paths whose change replaces the object, for the kinds that the program uses. */
export function replacingPaths(manifest: Manifest, settings: Settings): string[] {
  const paths = ["metadata.name", "metadata.namespace"];
  const kind = `${manifest.apiVersion}/${manifest.kind}`;
  if (kind === "v1/Secret") {
    paths.push(
      "type",
      ...(settings.enableSecretMutable && manifest["immutable"] !== true ? [] : ["data", "stringData"]),
    );
  }
  if (kind === "v1/ConfigMap" && (!settings.enableConfigMapMutable || manifest["immutable"] === true))
    paths.push("data", "binaryData");
  if (kind === "v1/Service") paths.push("spec.clusterIP");
  if (/^apps\/v1\/(Deployment|DaemonSet|StatefulSet)$/.test(kind)) paths.push("spec.selector");
  return /^rbac\.authorization\.k8s\.io\/v1\/(Cluster)?RoleBinding$/.test(kind)
    ? [...paths, "roleRef"]
    : paths;
}

function isSecret(manifest: Manifest): boolean {
  return manifest.apiVersion === "v1" && manifest.kind === "Secret";
}

/** Compares the last seen object, cut to the fields of its inputs, with the new inputs: drift shows, the cluster's own fields do not. */
export function diffObject(
  { olds, news, ignoreChanges }: DiffCall,
  namespaced: boolean,
  settings: Settings,
): Diffed {
  const { live, inputs } = readCheckpoint(olds);
  const wanted = inNamespace(normalize(manifestOf(news)), namespaced);
  const seen = inNamespace(prune(live, normalize(inputs)) as Manifest, namespaced);
  const { apiVersion, kind } = live;
  const named: Manifest = { ...seen, apiVersion, kind, metadata: { ...seen.metadata, ...nameOf(live) } };
  const found = Object.fromEntries(
    Object.entries(differences(named, wanted)).filter(
      ([path]) => !ignoreChanges.some((ignored) => isWithin(path, ignored)),
    ),
  );
  const forcing = replacingPaths(wanted, settings);
  const replaces = Object.keys(found).filter((path) => forcing.some((prefix) => isWithin(path, prefix)));
  return {
    differences: found,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && sameIdentity(live, wanted),
  };
}

/** Whether a replacement has the old object's name, so that it cannot be created beside it. */
function sameIdentity(live: Manifest, wanted: Manifest): boolean {
  const samePlace = (wanted.metadata.namespace ?? "") === (live.metadata.namespace ?? "");
  return (
    annotation(wanted, "autonamed") !== "true" && wanted.metadata.name === live.metadata.name && samePlace
  );
}

function inNamespace(manifest: Manifest, namespaced: boolean): Manifest {
  const { namespace, ...metadata } = manifest.metadata;
  return {
    ...manifest,
    metadata: namespaced ? { ...metadata, namespace: namespace || "default" } : metadata,
  };
}

function nameOf({ metadata: { name } }: Manifest): Pick<Metadata, "name"> {
  return name === undefined ? {} : { name };
}

function isWithin(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`) || path.startsWith(`${prefix}[`);
}
