import { setTimeout as sleep } from "node:timers/promises";
import { mergeProperties } from "../protocol/values.ts";
import { isApiError, type ClusterApi, type ServedKind } from "./clusterApi.ts";
import { withoutIgnored } from "./ignoredChanges.ts";
import { annotation, type ManagedFields, type Manifest } from "./manifest.ts";

/** Field manager of creation; the first update replaces it by the resource's own. */
const CREATING_MANAGER = "pulumi-kubernetes";
/** Prefixes of the managers whose fields an update takes over, those of manual changes included. */
const TAKEN_OVER = [CREATING_MANAGER, "pulumi-resource-kubernetes", "kubectl", "before-first-apply"] as const;
const CREATE_RETRY_SECONDS = [1, 2, 4, 8, 16] as const;
const DELETE_SECONDS = 600;
const DELETE_POLL_MILLISECONDS = 500;

const EXISTS = `The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use \`pulumi import\`. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create.`;

const CONFLICT_HELP =
  "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/" +
  "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";

/** Options of an apply. */
export interface ApplyOptions {
  readonly fieldManager: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/**
 * Creates an object; one that exists already is an error.
 * A namespace or a CRD that is missing may come in the same run: it is awaited for half a minute, not in a dry run.
 */
export async function create(api: ClusterApi, manifest: Manifest, dryRun: boolean): Promise<Manifest> {
  const query = { fieldManager: CREATING_MANAGER, ...dry(dryRun) };
  const delays = dryRun ? [] : CREATE_RETRY_SECONDS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const served = await serving(api, manifest);
      return await api.request("POST", served.path(namespaceOf(manifest)), { query, body: manifest });
    } catch (error) {
      const delay = delays[attempt];
      if (delay !== undefined && (isApiError(error, 404) || error instanceof NoSuchKindError)) {
        await sleep(delay * 1000);
      } else if (isApiError(error, 409) && error.reason === "AlreadyExists") {
        error.message = `${error.message}\n\n${EXISTS}`;
        throw error;
      } else {
        throw error;
      }
    }
  }
}

/**
 * Applies an object server-side, as the resource's own field manager. A field that another manager set to another value is a conflict, unless
 * forced: kubectl's fields are taken over in an update, and are conflicts in a preview alone.
 */
export async function apply(api: ClusterApi, manifest: Manifest, options: ApplyOptions): Promise<Manifest> {
  const served = await serving(api, manifest);
  const path = served.path(namespaceOf(manifest), String(manifest.metadata.name));
  if (!options.dryRun) await handOver(api, path, options.fieldManager);
  const force =
    options.force ||
    annotation(manifest, "patchForce") === "true" ||
    (await isForced(api, path, options.dryRun));
  try {
    return await api.request("PATCH", path, {
      query: { fieldManager: options.fieldManager, force: String(force), ...dry(options.dryRun) },
      body: manifest,
      contentType: "application/apply-patch+yaml",
    });
  } catch (error) {
    if (isApiError(error, 409) && error.reason === "Conflict") {
      error.message =
        `server-side apply field conflict detected, see ${CONFLICT_HELP} for troubleshooting help\n` +
        `The resource managed by field manager "${options.fieldManager}" had an apply conflict: ${error.message}`;
    }
    throw error;
  }
}

/** Returns what an update applies: `ignoreChanges` leave fields out, or set them as they are in the cluster. */
export async function resolveIgnored(
  api: ClusterApi,
  manifest: Manifest,
  { ignoreChanges, fieldManager, dryRun }: Omit<ApplyOptions, "force"> & { ignoreChanges: readonly string[] },
): Promise<Manifest> {
  if (ignoreChanges.length === 0) return manifest;
  const served = await serving(api, manifest);
  const path = served.path(namespaceOf(manifest), String(manifest.metadata.name));
  if (!dryRun) await handOver(api, path, fieldManager);
  const live = await existing(api, path);
  return live === undefined ? manifest : withoutIgnored(manifest, live, { fieldManager, ignoreChanges });
}

/** Deletes an object and waits until it is gone; one that is gone already, or whose kind is, is no error. */
export async function remove(
  api: ClusterApi,
  live: Manifest,
  options: { readonly policy: string | undefined; readonly timeoutSeconds: number },
): Promise<void> {
  const served = await api.kind(live.apiVersion, live.kind);
  if (served === undefined) return;
  const path = served.path(namespaceOf(live), String(live.metadata.name));
  const policies: Readonly<Record<string, string>> = { orphan: "Orphan", background: "Background" };
  const propagationPolicy = policies[options.policy?.toLowerCase() ?? ""] ?? "Foreground";
  const uid = (await existing(api, path))?.metadata["uid"];
  if (uid === undefined) return;
  await mustWatch(api, served, namespaceOf(live));
  await api.request("DELETE", path, { body: { propagationPolicy } }).catch((error: unknown) => {
    if (!isApiError(error, 404)) throw error;
  });
  const seconds = options.timeoutSeconds || DELETE_SECONDS;
  const deadline = Date.now() + seconds * 1000;
  while ((await existing(api, path))?.metadata["uid"] === uid) {
    if (Date.now() > deadline) {
      throw new Error(
        `${live.kind} ${path} is still there ${seconds} s after its deletion; it may wait for finalizers`,
      );
    }
    await sleep(DELETE_POLL_MILLISECONDS);
  }
}

/** Fails without the rights to list and watch a kind: the real plugin awaits deletions by an informer, and then waits for ever. */
async function mustWatch(
  api: ClusterApi,
  { group, plural: resource }: ServedKind,
  namespace: string | undefined,
): Promise<void> {
  for (const verb of ["list", "watch"]) {
    const { status } = (await api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { group, resource, verb, namespace } },
      },
    })) as { status?: { allowed?: boolean } };
    if (status?.allowed !== true)
      throw new Error(
        `cannot await deletions of ${resource}: no right to ${verb} them in namespace ${namespace}`,
      );
  }
}

/** Reads an object; undefined if it is not there. */
export async function existing(api: ClusterApi, path: string): Promise<Manifest | undefined> {
  return api.request("GET", path).catch((error: unknown) => {
    if (isApiError(error, 404)) return undefined;
    throw error;
  });
}

/** The API server does not serve the kind. */
class NoSuchKindError extends Error {}

async function serving(api: ClusterApi, manifest: Manifest): Promise<ServedKind> {
  const served = await api.kind(manifest.apiVersion, manifest.kind);
  if (served === undefined) {
    throw new NoSuchKindError(
      `the API server does not serve kind ${manifest.kind} of ${manifest.apiVersion}. ` +
        "Verify that any required CRDs have been created",
    );
  }
  return served;
}

function namespaceOf(manifest: Manifest): string | undefined {
  return typeof manifest.metadata.namespace === "string" ? manifest.metadata.namespace : undefined;
}

function dry(dryRun: boolean): Record<string, string> {
  return dryRun ? { dryRun: "All" } : {};
}

function isCreating(fields: ManagedFields): boolean {
  return (
    fields.manager === CREATING_MANAGER && fields.operation === "Update" && fields.subresource === undefined
  );
}

function isTakenOver({ manager, operation, subresource }: ManagedFields): boolean {
  const named = TAKEN_OVER.some((beginning) => manager.startsWith(beginning));
  const applied = operation === "Apply" && manager.startsWith("kubectl");
  return subresource === undefined && named && (operation === "Update" || applied);
}

function managedFields(live: Manifest | undefined): ManagedFields[] {
  return (live?.metadata["managedFields"] ?? []) as unknown as ManagedFields[];
}

/** Whether the real provider forces by itself: an object without managers, or in a preview one that was only created. */
async function isForced(api: ClusterApi, path: string, dryRun: boolean): Promise<boolean> {
  const live = await existing(api, path);
  const managed = managedFields(live);
  return (live !== undefined && managed.length === 0) || (dryRun && managed.some(isCreating));
}

/** Hands the fields of creation to the resource's own manager, so that removed inputs are removed from the object. */
async function handOver(api: ClusterApi, path: string, manager: string): Promise<void> {
  const live = await existing(api, path);
  const managed = managedFields(live);
  const taken = managed.filter(isTakenOver);
  const [first] = taken;
  if (live === undefined || first === undefined) return;
  const own = managed.filter((fields) => fields.manager === manager && fields.operation === "Apply");
  const fieldsV1 = [...taken, ...own].map((fields) => fields.fieldsV1 ?? {}).reduce(mergeProperties);
  const others = managed.filter((fields) => !taken.includes(fields) && !own.includes(fields));
  await api.request("PATCH", path, {
    contentType: "application/json-patch+json",
    body: [
      {
        op: "replace",
        path: "/metadata/managedFields",
        value: [...others, { ...first, manager, operation: "Apply", fieldsV1 }],
      },
      { op: "replace", path: "/metadata/resourceVersion", value: live.metadata["resourceVersion"] },
    ],
  });
}
