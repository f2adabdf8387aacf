import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CoreV1Api, KubernetesObjectApi, loadAllYaml, type KubernetesObject } from "@kubernetes/client-node";
import { loadContext, type KubeconfigEntry } from "../cluster/kubeconfig.ts";
import { CHECKOUT } from "../environment.ts";

/** Rights that joining an Istio needs, for a user that the owner chooses. */
const RIGHTS = join(CHECKOUT, "docs/existing-istio-rights.yaml");

/** ServiceAccount that the rights are bound to. */
const ACCOUNT = { namespace: "platform", name: "istio-federation" };
const TOKEN_SECONDS = 24 * 3600;

/** Creates the user that joins a cluster's Istio, with the documented rights and no others. @returns its kubeconfig. */
export async function createGuest(kubeconfig: string, cluster: string): Promise<KubeconfigEntry> {
  const config = loadContext(kubeconfig, cluster);
  const core = config.makeApiClient(CoreV1Api);
  const { namespace, name } = ACCOUNT;
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  const objects = KubernetesObjectApi.makeApiClient(config);
  const rights = loadAllYaml(await readFile(RIGHTS, "utf8")) as KubernetesObject[];
  for (const object of rights) await objects.create(object);
  const { status } = await core.createNamespacedServiceAccountToken({
    ...{ namespace, name },
    body: { spec: { audiences: [], expirationSeconds: TOKEN_SECONDS } },
  });
  const { server = "", caData = "" } = config.getCurrentCluster() ?? {};
  const certificateAuthority = Buffer.from(caData, "base64").toString();
  return { name: cluster, server, certificateAuthority, token: status?.token ?? "" };
}
