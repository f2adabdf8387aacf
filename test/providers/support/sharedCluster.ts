import { TestCluster } from "./testCluster.ts";

let shared: Promise<TestCluster> | undefined;

/**
 * The one API server that suites share, started by the first that asks for it. A suite calls `clear` in the end: others list all namespaces.
 * Only suites that kill it start one of their own.
 * @param hasIstioKinds whether it serves Istio's kinds. @default true
 */
export async function sharedCluster(hasIstioKinds = true): Promise<TestCluster> {
  shared ??= TestCluster.start("shared");
  const cluster = await shared;
  if (hasIstioKinds) await cluster.installIstioKinds();
  else await cluster.removeIstioKinds();
  return cluster;
}

// A root hook: after all files' tests.
after(async () => {
  const started = await shared?.catch(() => undefined);
  await started?.stop();
});
