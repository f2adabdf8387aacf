import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { differences } from "../protocol/difference.ts";
import { InitializationError } from "../protocol/provider.ts";
import type { Diffed, DiffCall, ResourceKind } from "../protocol/provider.ts";
import { hasUnknown, UNKNOWN } from "../protocol/values.ts";
import type { Properties } from "../protocol/values.ts";
import { isApiError } from "./clusterApi.ts";
import type { ClusterApi, ServedKind } from "./clusterApi.ts";
import type { Settings } from "./connection.ts";
import { apply, create, remove } from "./writes.ts";
import {
  annotation,
  autoname,
  checkpoint,
  idOf,
  isAutonamed,
  kindOfToken,
  manifestOf,
  markManifest,
  normalize,
  prune,
  readCheckpoint,
  replacingPaths,
} from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { awaitReady } from "./readiness.ts";

/** The life of a Kubernetes object of any kind that the API server serves. */
export function kubernetesObjects(api: ClusterApi, settings: Settings): ResourceKind {
  return {
    check: async (call) => {
      const named = autoname(normalize(manifestOf(call.news)), call);
      const placed = await place(named, api, settings);
      return { inputs: markManifest(placed, call.news) };
    },
    diff: (call) => diff(call, api, settings),
    create: async ({ inputs, preview, timeoutSeconds }) => {
      const manifest = manifestOf(inputs);
      if (preview) {
        return { id: "", outputs: await previewed(manifest, inputs, api, () => create(api, manifest, true)) };
      }
      await mustReach(api);
      const fieldManager = annotation(manifest, "patchFieldManager") ?? newFieldManager();
      const write = settings.upsertExistingObjects ? applied(fieldManager) : () => create(api, manifest, false);
      const live = await write();
      return { id: idOf(live), outputs: await ready(live, inputs, fieldManager, timeoutSeconds) };
    },
    read: async ({ id, type, outputs, inputs }) => {
      await mustReach(api);
      const old = readCheckpoint(outputs);
      const known = Object.keys(inputs).length > 0;
      const asked = known ? manifestOf(inputs) : { ...kindOfToken(type), metadata: {} };
      const [name = "", namespace] = id.split("/").reverse();
      const served = await api.kind(asked.apiVersion, asked.kind);
      const live = await found(served, namespace, name, api);
      if (live === undefined) {
        return undefined;
      }
      const seen = known ? (prune(live, manifestOf(inputs)) as Manifest) : imported(live);
      const marked = markManifest(normalize(seen), inputs);
      const fieldManager = typeof outputs["__fieldManager"] === "string" ? outputs["__fieldManager"] : newFieldManager();
      return { id: id || idOf(old.live), inputs: marked, outputs: checkpoint(live, marked, fieldManager) };
    },
    update: async ({ olds, news, preview, timeoutSeconds }) => {
      const manifest = manifestOf(news);
      const stored = olds["__fieldManager"];
      const fieldManager = annotation(manifest, "patchFieldManager") ?? (typeof stored === "string" ? stored : newFieldManager());
      const force = settings.enablePatchForce;
      if (preview) {
        return previewed(manifest, news, api, () => apply(api, manifest, { fieldManager, force, dryRun: true }));
      }
      await mustReach(api);
      const live = await apply(api, manifest, { fieldManager, force, dryRun: false });
      return ready(live, news, fieldManager, timeoutSeconds);
    },
    delete: async ({ id, outputs, timeoutSeconds }) => {
      const reason = await api.unreachable();
      if (reason !== undefined && settings.deleteUnreachable) {
        return;
      }
      await mustReach(api);
      const { live, inputs } = readCheckpoint(outputs);
      await remove(api, live, { policy: annotation(inputs, "deletionPropagationPolicy"), seconds: timeoutSeconds, id });
    },
  };

  function applied(fieldManager: string) {
    return (manifest: Manifest) => apply(api, manifest, { fieldManager, force: true, dryRun: false });
  }

  async function ready(live: Manifest, inputs: Properties, fieldManager: string, timeoutSeconds: number): Promise<Properties> {
    const { object, problem } = await awaitReady(api, live, manifestOf(inputs), timeoutSeconds);
    const outputs = checkpoint(object, inputs, fieldManager);
    if (problem !== undefined) {
      throw new InitializationError(idOf(live), outputs, inputs, [problem]);
    }
    return outputs;
  }
}
