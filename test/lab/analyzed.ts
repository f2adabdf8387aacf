import assert from "node:assert/strict";
import { type ClusterObject, readClusterObjects } from "../../lab/existing/clusterObjects.ts";
import type { LabCluster } from "../../lab/clusters.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { analyze } from "../../lab/tools/analyze.ts";
import { log } from "./sharedLab.ts";

/** Messages that are no fault of the program's objects, by code and `object: message`, each with its reason. */
const JUSTIFIED: readonly { code: string; text: RegExp; reason: string }[] = [
  { code: "IST0102", text: /^Namespace default:/, reason: "the API server's own namespace" },
  { code: "IST0102", text: /^Namespace platform:/, reason: "an owner's, which has no Pods" },
  { code: "IST0102", text: /^Namespace istio-federation:/, reason: "holds no Pods" },
  {
    code: "IST0102",
    text: /^Namespace istio-(gateway|publish):/,
    reason: "its Pods have the label of injection",
  },
  {
    code: "IST0133",
    text: /^EnvoyFilter istio-system\/.*-trust-domain-.*: .*EnvoyFilter exposes internal implementation details/,
    reason: "docs/decisions/2026-12-01-trust-domain-filter.md",
  },
  {
    code: "IST0133",
    text: /^AuthorizationPolicy istio-publish\/deckhouse-tokens: .*deny all traffic to TCP ports/,
    reason: "denies TCP at a gateway that serves HTTPS alone",
  },
  {
    code: "IST0175",
    text: /^Deployment istio-system\/istiod:/,
    reason: "the keys are in the RequestAuthentication: istiod fetches none",
  },
  {
    code: "IST0164",
    text: /^(Mutating|Validating)WebhookConfiguration istio/,
    reason: "Pods of a lab have no virtual addresses: its API servers call istiod by URL",
  },
];

/** Analyzes all objects of each cluster of a lab. @returns messages that nothing justifies. */
async function messagesOf({ kubeconfig }: RunningLab, { name, domain }: LabCluster): Promise<string[]> {
  const objects = await readClusterObjects(kubeconfig, name);
  // One of several revisions: they differ in nothing that the analyzers read.
  const meshConfig = [...objects.values()].map(meshConfigOf).find((found) => found !== undefined);
  assert.ok(meshConfig !== undefined, `${name}: no ConfigMap of an istiod`);
  const analyzed = [...objects.values()].filter(
    ({ kind, type }) => kind !== "CustomResourceDefinition" && type !== "helm.sh/release.v1",
  );
  const messages = await analyze(analyzed, { clusterDomain: domain, meshConfig }, log);
  const isJustified = (code: string, line: string) =>
    JUSTIFIED.some((each) => each.code === code && each.text.test(line));
  return messages.flatMap(({ code, level, message, origin }) => {
    const line = `${origin ?? "-"}: ${message}`;
    return isJustified(code, line) ? [] : [`${name}: ${level} [${code}] ${line}`];
  });
}

/** Returns the mesh config of an istiod's ConfigMap; undefined for other objects. */
function meshConfigOf({ kind, metadata, data }: ClusterObject): string | undefined {
  if (kind !== "ConfigMap" || metadata.labels?.["istio.io/rev"] === undefined) return undefined;
  return (data as { mesh?: string } | undefined)?.mesh;
}

/** Expects that `istioctl analyze` has nothing to say about the clusters of a lab. */
export async function expectAnalyzed(lab: RunningLab): Promise<void> {
  const messages = await Promise.all(lab.clusters.map((cluster) => messagesOf(lab, cluster)));
  assert.deepEqual(messages.flat(), []);
}
