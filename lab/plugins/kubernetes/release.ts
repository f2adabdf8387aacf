import { randomBytes } from "node:crypto";
import { messageOf } from "../../../federation/core/text.ts";
import {
  InitializationError,
  type CheckCall,
  type CheckFailure,
  type DiffCall,
  type Diffed,
  type ResourceKind,
} from "../protocol/provider.ts";
import {
  differences,
  hasUnknown,
  mapValues,
  markSecrets,
  mergeProperties,
  reveal,
  Secret,
  UNKNOWN,
  type Properties,
  type Value,
} from "../protocol/values.ts";
import type { ClusterApi } from "./clusterApi.ts";
import type { Settings } from "./connection.ts";
import { DEFAULT_TIMEOUT_SECONDS, type Helm, type LiveRelease, type ReleaseSpec } from "./helm.ts";
import { prune } from "./manifest.ts";
import { mustReach } from "./objects.ts";

/** Inputs that are no part of the release's state: `compat` is the SDK's, the others are the provider's outputs. */
const NOT_KEPT = ["compat", "manifest", "resourceNames", "status", "allowNullValues"];
/** Inputs that the stand-in covers. */
const COVERED = [
  ...["name", "namespace", "chart", "version", "repositoryOpts", "values"],
  ...["timeout", "atomic", "skipAwait"],
];

/** The life of a Helm release (`kubernetes:helm.sh/v3:Release`). */
export function helmReleases(helm: Helm, api: ClusterApi, settings: Settings): ResourceKind {
  return {
    check: async (call) => {
      const inputs = defaulted(call, settings);
      const failures = refused(inputs);
      if (hasUnknown(inputs) || failures.length > 0) return { inputs, failures };
      try {
        return { inputs: { ...inputs, version: await helm.chartVersion(specOf(inputs)) } };
      } catch (error) {
        const reason = `${messageOf(error)}; check the chart name and repository configuration.`;
        return { inputs, failures: [{ property: "chart", reason }] };
      }
    },
    diff: diffRelease,
    create: async ({ inputs, preview }) => {
      if (preview) return { id: "", outputs: previewed(inputs) };
      const spec = specOf(inputs);
      await mustReach(api, "can't create Helm Release with unreachable cluster");
      const outputs = await deploy(inputs, () => helm.install(spec));
      return { id: `${spec.namespace}/${spec.name}`, outputs };
    },
    read: async ({ id, outputs, inputs }) => {
      await mustReach(api, "failed to read resource state due to unreachable cluster");
      const [name = "", namespace = settings.namespace ?? "default"] = id.split("/").reverse();
      const live = await helm.read(name, namespace);
      if (live === undefined) return undefined;
      const known = Object.keys(inputs).length > 0;
      const imported = {
        name,
        namespace,
        chart: live.status.chart,
        version: live.status.version,
        values: live.values as Value,
      };
      const kept = known ? ((reveal(outputs["__inputs"]) ?? inputs) as Properties) : imported;
      const marked = mapValues(kept, (value, key) => markSecrets(value, inputs[key]));
      return { id, inputs: marked, outputs: stateOf(marked, live) };
    },
    update: async ({ news, preview }) => {
      if (preview) return previewed(news);
      await mustReach(api, "can't update Helm Release with unreachable cluster");
      return deploy(news, () => helm.upgrade(specOf(news)));
    },
    delete: async ({ outputs }) => {
      await mustReach(api, "can't delete Helm Release with unreachable cluster");
      await helm.uninstall(specOf(outputs));
    },
  };

  /** A release that Helm has recorded stays in state even though it failed, so that the next update goes on from it. */
  async function deploy(inputs: Properties, run: () => Promise<void>): Promise<Properties> {
    const { name, namespace } = specOf(inputs);
    const before = await helm.read(name, namespace);
    try {
      await run();
    } catch (error) {
      const live = await helm.read(name, namespace);
      if (live === undefined || live.status.revision === before?.status.revision) throw error;
      const id = `${namespace}/${name}`;
      const reason = `Helm release "${id}" failed to initialize completely. Use Helm CLI to investigate: ${messageOf(error)}`;
      throw new InitializationError(id, stateOf(inputs, live), inputs, [reason]);
    }
    const live = await helm.read(name, namespace);
    if (live === undefined)
      throw new Error(`helm has deployed release ${namespace}/${name}, but now knows nothing of it`);
    return stateOf(inputs, live);
  }
}

function defaulted(call: CheckCall, settings: Settings): Properties {
  const given = Object.entries(call.news).filter(([key, value]) => !NOT_KEPT.includes(key) && !isZero(value));
  const inputs: Properties = Object.fromEntries(given);
  const awaited = inputs["skipAwait"] !== true;
  return {
    ...inputs,
    name: inputs["name"] ?? call.olds["name"] ?? `${call.name}-${randomBytes(4).toString("hex")}`,
    namespace: inputs["namespace"] ?? settings.namespace ?? "default",
    ...(awaited && inputs["timeout"] === undefined ? { timeout: DEFAULT_TIMEOUT_SECONDS } : {}),
  };
}

/** The real provider leaves out what is false, 0, or empty. */
function isZero(value: Value | undefined): boolean {
  return value === undefined || value === null || value === false || value === "" || value === 0;
}

function refused(inputs: Properties): CheckFailure[] {
  const reason = "is not covered by the lab's stand-in of the kubernetes provider";
  const refusedInputs = Object.keys(inputs).filter((property) => !COVERED.includes(property));
  return refusedInputs.map((property) => ({ property, reason }));
}

function diffRelease({ olds, news }: DiffCall): Diffed {
  const inputs = reveal(olds["__inputs"] ?? {}) as Properties;
  const found = differences(prune(reveal(olds), inputs), news);
  return {
    differences: found,
    replaces: Object.keys(found).filter((path) => path === "name" || path === "namespace"),
  };
}

function previewed(inputs: Properties): Properties {
  return { ...inputs, __inputs: new Secret(inputs), resourceNames: UNKNOWN, status: UNKNOWN };
}

function stateOf(inputs: Properties, live: LiveRelease): Properties {
  const plain: Properties = reveal(inputs);
  const outputs: Properties = {
    ...plain,
    values: mergeProperties((plain["values"] ?? {}) as Properties, live.values as Properties),
    version: live.status.version,
    resourceNames: live.resourceNames,
    status: live.status,
  };
  return {
    ...mapValues(outputs, (value, key) => markSecrets(value, inputs[key])),
    __inputs: new Secret(inputs),
  };
}

function specOf(inputs: Properties): ReleaseSpec {
  return reveal(inputs) as unknown as ReleaseSpec;
}
