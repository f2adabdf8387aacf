import { CoreV1Api, KubernetesObjectApi } from "@kubernetes/client-node";
import { deepmerge } from "deepmerge-ts";
import { execa } from "execa";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../federation/core/text.ts";
import { loadContext } from "../cluster/kubeconfig.ts";
import type { LabCluster, OwnersIstio } from "../clusters.ts";
import { labPaths } from "../environment.ts";
import type { Lab } from "../lab.ts";
import { requestCertificate, selfSign, signLocally } from "../plugins/tls/certificate.ts";
import { generatePrivateKey, traditionalPem } from "../plugins/tls/privateKey.ts";
import { LabError } from "../progress.ts";
import { ADDRESS_ANNOTATION } from "../kubelet/addresses.ts";
import { istioValues } from "../stackFile.ts";

const NAMESPACE = "istio-system";

/** A cluster whose owner has Istio. */
export type OwnedCluster = LabCluster & { readonly owner: OwnersIstio };

/** Mutual TLS for the whole mesh: a decision of the owner's. */
const STRICT = {
  apiVersion: "security.istio.io/v1",
  kind: "PeerAuthentication",
  metadata: { name: "default", namespace: NAMESPACE },
  spec: { mtls: { mode: "STRICT" } },
};

/**
 * Installs Istio as a cluster's owner does, by Helm alone, with the one change that docs/existing-istio.md asks for.
 *
 * @throws LabError with Helm's output.
 */
export async function installOwnersIstio(lab: Lab, cluster: OwnedCluster): Promise<void> {
  const config = loadContext(lab.kubeconfig, cluster.name);
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: NAMESPACE } } });
  if (cluster.owner.pluggedIn) {
    const body = { metadata: { name: "cacerts" }, stringData: await pluggedInAuthority(cluster.name) };
    await core.createNamespacedSecret({ namespace: NAMESPACE, body });
  }
  const { revision, nextRevision } = cluster.owner;
  const { base } = istioValues(`${cluster.network}.0.2`);
  const values = { ...base, defaultRevision: revision ?? "default" };
  await install(lab, cluster.name, "istio-base", "base", values);
  await install(lab, cluster.name, "istiod", "istiod", istiodValues(cluster, revision));
  if (nextRevision !== undefined)
    await install(lab, cluster.name, `istiod-${nextRevision}`, "istiod", istiodValues(cluster, nextRevision));
  await KubernetesObjectApi.makeApiClient(config).create(STRICT);
}

/** An owner's Helm values for the istiod of a revision, and below them the lab's. */
function istiodValues(cluster: OwnedCluster, revision: string | undefined): object {
  const { network, domain, trustDomain, owner } = cluster;
  const isNext = revision !== undefined && revision === owner.nextRevision;
  return deepmerge(isNext ? secondIstiodValues(network) : istioValues(`${network}.0.2`).istiod, {
    ...(revision === undefined ? {} : { revision }),
    global: { proxy: { clusterDomain: domain } },
    meshConfig: { trustDomain },
    env: { SHARED_MESH_CONFIG: "istio-federation", ISTIO_MULTIROOT_MESH: "true" },
  });
}

/** Address of an istiod beside another one. */
export function secondIstiodAddress(network: string): string {
  return `${network}.0.4`;
}

/** The lab's Helm values for an istiod beside another one. */
export function secondIstiodValues(network: string): object {
  const address = secondIstiodAddress(network);
  return deepmerge(istioValues(address).istiod, { podAnnotations: { [ADDRESS_ANNOTATION]: address } });
}

async function install(
  { dir, kubeconfig, environment, tools }: Lab,
  context: string,
  release: string,
  chart: string,
  values: object,
): Promise<void> {
  const { charts } = labPaths(dir);
  const file = join(dir, `${context}-${chart}-values.json`);
  await writeFile(file, JSON.stringify(values));
  const cluster = ["--kubeconfig", kubeconfig, "--kube-context", context, "--namespace", NAMESPACE];
  const args = ["install", release, join(charts, chart), ...cluster, "--values", file];
  await execa(tools.programs.helm, [...args, "--wait", "--timeout", "3m"], { env: environment }).catch(
    (cause: unknown) => {
      throw new LabError(`${context}: Helm cannot install ${release}: ${messageOf(cause)}`, { cause });
    },
  );
}

const AUTHORITY = {
  isCaCertificate: true,
  allowedUses: ["cert_signing", "crl_signing"],
  validityPeriodHours: 24 * 365,
};

/** Makes the files of `cacerts` as Istio's docs do: a root that stays with the owner, and an intermediate for istiod. */
async function pluggedInAuthority(organization: string): Promise<Record<string, string>> {
  const [rootKey, key] = [await privateKey(), await privateKey()];
  const root = await selfSign({ privateKeyPem: rootKey, subject: { organization }, ...AUTHORITY });
  const rootPem = root.outputs["certPem"] as string;
  const subject = { organization, commonName: "Intermediate CA" };
  const { pem } = await requestCertificate({ privateKeyPem: key, subject });
  const signing = { certRequestPem: pem, caCertPem: rootPem, caPrivateKeyPem: rootKey };
  const intermediate = (await signLocally({ ...signing, ...AUTHORITY })).outputs["certPem"] as string;
  return {
    "root-cert.pem": rootPem,
    "ca-cert.pem": intermediate,
    "ca-key.pem": key,
    "cert-chain.pem": `${intermediate}${rootPem}`,
  };
}

async function privateKey(): Promise<string> {
  return traditionalPem(await generatePrivateKey({ algorithm: "RSA", rsaBits: 2048, ecdsaCurve: "P256" }));
}
