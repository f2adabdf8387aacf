import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../../federation/core/text.ts";
import {
  InitializationError,
  type CheckFailure,
  type ReadCall,
  type ResourceKind,
} from "../protocol/provider.ts";
import { hasUnknown, type Properties } from "../protocol/values.ts";
import { isApiError, type ClusterApi } from "./clusterApi.ts";
import type { Settings } from "./connection.ts";
import {
  annotation,
  autoname,
  checkpoint,
  diffObject,
  idOf,
  kindOfToken,
  manifestOf,
  markManifest,
  normalize,
  prune,
  readCheckpoint,
  type Manifest,
} from "./manifest.ts";
import { apply, create, existing, remove, resolveIgnored } from "./writes.ts";

/** Forbidden, no such namespace yet, there already (a replacement): preview goes on without the server's word. */
const CREATE_TOLERATED = [403, 404, 409] as const;

const TOKEN_SECONDS = 5;
const TOKEN_POLL_MILLISECONDS = 100;

/** Kinds that the real provider awaits until they are ready. */
const AWAITED = /^(?:v1\/(?:Service|Pod|PersistentVolumeClaim)|apps\/v1\/\w+|batch\/v1\/Job)$/;

/** The life of a Kubernetes object of any kind that the API server serves. */
export function kubernetesObjects(api: ClusterApi, settings: Settings): ResourceKind {
  return {
    check: async (call) => {
      const named = autoname(normalize(manifestOf(call.news)), call);
      const placed = await inDefaultNamespace(named, api, settings);
      return { inputs: markManifest(placed, call.news), failures: awaited(placed) };
    },
    diff: async (call) =>
      diffObject(call, (await scopeOf(api, manifestOf(call.news))) !== "cluster", settings),
    create: async ({ urn, inputs, preview }) => {
      const manifest = manifestOf(inputs);
      const fieldManager = fieldManagerOf(manifest, {});
      const write = (dryRun: boolean) =>
        settings.upsertExistingObjects
          ? apply(api, manifest, { fieldManager, force: settings.enablePatchForce || dryRun, dryRun })
          : create(api, manifest, dryRun);
      if (preview) {
        return {
          id: "",
          outputs: await previewWrite(api, inputs, fieldManager, { write, tolerated: CREATE_TOLERATED }),
        };
      }
      await mustReach(api);
      const live = await write(false).catch((error: unknown) => {
        throw new Error(
          `resource "${urn}" was not successfully created by the Kubernetes API server: ${messageOf(error)}`,
        );
      });
      return { id: idOf(live), outputs: checkpoint(await filled(api, live), inputs, fieldManager) };
    },
    read: async (call) => {
      await mustReach(api, "failed to read resource state due to unreachable cluster");
      return readObject(call, api);
    },
    update: async ({ urn, olds, news, ignoreChanges, preview }) => {
      const fieldManager = fieldManagerOf(manifestOf(news), olds);
      const options = { fieldManager, force: settings.enablePatchForce, dryRun: preview };
      let applied = news;
      const write = async () => {
        const manifest = await resolveIgnored(api, manifestOf(news), { ...options, ignoreChanges });
        applied = markManifest(manifest, news);
        return apply(api, manifest, options);
      };
      // As with the real provider, a failed update leaves the new inputs in state, beside what is there.
      const writeOrReport = () =>
        write().catch(async (error: unknown) => {
          if (preview && isApiError(error, 403)) throw error;
          const live = await liveObject(api, readCheckpoint(olds).live);
          if (live === undefined) throw new Error(`update of resource "${urn}" failed: ${messageOf(error)}`);
          const id = idOf(live);
          throw new InitializationError(id, checkpoint(live, applied, fieldManager), news, [
            `the Kubernetes API server reported that "${id}" failed to fully initialize or become live: ${messageOf(error)}`,
          ]);
        });
      if (preview) return previewWrite(api, news, fieldManager, { write: writeOrReport, tolerated: [403] });
      await mustReach(api);
      const live = await writeOrReport();
      return checkpoint(live, applied, fieldManager);
    },
    delete: async ({ outputs, timeoutSeconds }) => {
      if (settings.deleteUnreachable && (await api.unreachable()) !== undefined) return;
      await mustReach(api);
      const { live, inputs } = readCheckpoint(outputs);
      await remove(api, live, { policy: annotation(inputs, "deletionPropagationPolicy"), timeoutSeconds });
    },
  };
}

/** Fails for objects that the real provider would await, which the stand-in does not. */
function awaited(manifest: Manifest): CheckFailure[] {
  const { apiVersion, kind } = manifest;
  if (!AWAITED.test(`${apiVersion}/${kind}`) || annotation(manifest, "skipAwait") === "true") return [];
  const reason = `the lab's stand-in of the kubernetes provider does not wait for a ${kind}: set pulumi.com/skipAwait: "true"`;
  return [{ property: "metadata.annotations", reason }];
}

/** Fails if the cluster cannot be reached, as every call that needs it does. */
export async function mustReach(
  api: ClusterApi,
  context = "configured Kubernetes cluster is unreachable",
): Promise<void> {
  const reason = await api.unreachable();
  if (reason !== undefined) throw new Error(`${context}: ${reason}`);
}

async function readObject({ id, type, outputs, inputs }: ReadCall, api: ClusterApi) {
  const known = Object.keys(inputs).length > 0;
  const { apiVersion, kind } = known ? manifestOf(inputs) : kindOfToken(type);
  const [name = "", namespace] = id.split("/").reverse();
  const served = await api.kind(apiVersion, kind);
  const live = served === undefined ? undefined : await existing(api, served.path(namespace, name));
  if (live === undefined) return undefined;
  const seen = normalize(known ? (prune(live, manifestOf(inputs)) as Manifest) : withoutStatus(live));
  const marked = markManifest(seen, inputs);
  return { id, inputs: marked, outputs: checkpoint(live, marked, fieldManagerOf(seen, outputs)) };
}

/** Waits for the data of a ServiceAccount's token, which a controller writes; no other kind here is awaited. */
async function filled(api: ClusterApi, created: Manifest): Promise<Manifest> {
  if (created.kind !== "Secret" || created["type"] !== "kubernetes.io/service-account-token") return created;
  const deadline = Date.now() + TOKEN_SECONDS * 1000;
  for (;;) {
    const live = await liveObject(api, created);
    if (live?.["data"] !== undefined) return live;
    if (Date.now() > deadline)
      throw new Error(`Secret ${idOf(created)} has no token after ${TOKEN_SECONDS} s`);
    await sleep(TOKEN_POLL_MILLISECONDS);
  }
}

async function liveObject(api: ClusterApi, { apiVersion, kind, metadata }: Manifest) {
  const served = await api.kind(apiVersion, kind);
  const { namespace, name } = metadata;
  return served && existing(api, served.path(namespace?.toString(), String(name)));
}

/** The write as a dry run; what cannot be asked of the server yet is answered with the inputs. */
async function previewWrite(
  api: ClusterApi,
  inputs: Properties,
  fieldManager: string,
  { write, tolerated }: { write: (dryRun: boolean) => Promise<Manifest>; tolerated: readonly number[] },
): Promise<Properties> {
  if (hasUnknown(inputs) || (await scopeOf(api, manifestOf(inputs))) === undefined) return inputs;
  try {
    return checkpoint(withoutStatus(await write(true)), inputs, fieldManager);
  } catch (error) {
    if (isApiError(error, ...tolerated)) return inputs;
    throw error;
  }
}

/** Undefined: the server does not know the kind, or cannot be asked. */
async function scopeOf(api: ClusterApi, manifest: Manifest): Promise<"namespace" | "cluster" | undefined> {
  if ((await api.unreachable()) !== undefined) return undefined;
  const served = await api.kind(manifest.apiVersion, manifest.kind);
  return served === undefined ? undefined : served.namespaced ? "namespace" : "cluster";
}

async function inDefaultNamespace(
  manifest: Manifest,
  api: ClusterApi,
  { namespace }: Settings,
): Promise<Manifest> {
  if (
    namespace === undefined ||
    manifest.metadata.namespace ||
    (await scopeOf(api, manifest)) === "cluster"
  ) {
    return manifest;
  }
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

function withoutStatus(live: Manifest): Manifest {
  return manifestOf(Object.fromEntries(Object.entries(live).filter(([key]) => key !== "status")));
}

function fieldManagerOf(manifest: Manifest, state: Properties): string {
  const stored = state["__fieldManager"];
  const kept = typeof stored === "string" ? stored : `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
  return annotation(manifest, "patchFieldManager") ?? kept;
}
