import {
  type ControlPlane,
  type FoundProxyConfig,
  type Injector,
  type InstalledIstio,
  PROXY_VARIABLES,
  type RunningProxy,
  type SharedMeshConfig,
  isTrue,
} from "../federation/existing/installedIstio.ts";
import { parseOwner } from "../federation/existing/owner.ts";
import type { SidecarScope } from "../federation/existing/sidecarScopes.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { gatewayPlace } from "../federation/core/gatewayPlace.ts";
import { NETWORK_LABEL, REVISION_LABEL, TAG_LABEL, TLS_MODE_LABEL } from "../federation/core/labels.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { UNNAMED_REVISION, revisionSuffix } from "../federation/core/revision.ts";
import { parseJson } from "../federation/core/text.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { orIfForbidden } from "../kubernetes/errors.ts";
import {
  CONFIG_MAP,
  DEPLOYMENT,
  type KubernetesObject,
  MUTATING_WEBHOOK_CONFIGURATION,
  NAMESPACE,
  POD,
  PROXY_CONFIG,
  SECRET,
  SIDECAR,
} from "../kubernetes/kinds.ts";
import { readOwnersGateway } from "./ownersGateway.ts";
import { type ProxiedPod, type Variable, environmentOf, isRunningPod, proxyOf } from "./proxies.ts";

/**
 * Reads an Istio that somebody else installed; writes nothing, and reads no Secret's data.
 * @param namespace of istiod.
 * @param gateway config of the gateway, which may be the owner's too.
 */
export async function readInstalledIstio(
  client: ClusterClient,
  namespace: string,
  gateway: Pick<StackConfig["gateway"], "existing">,
): Promise<InstalledIstio> {
  const [deployments, webhooks, roots, secrets, namespaces, proxies, proxyConfigs, sidecars, ownersGateway] =
    await Promise.all([
      client.list<DeploymentObject>(DEPLOYMENT, { namespace, labelSelector: "app=istiod" }),
      client.list(MUTATING_WEBHOOK_CONFIGURATION, {
        labelSelector: "app=sidecar-injector",
        metadataOnly: true,
      }),
      client.get<ConfigMapObject>(CONFIG_MAP, namespace, "istio-ca-root-cert"),
      readSecretNames(client, namespace),
      client.list(NAMESPACE, { metadataOnly: true }),
      readProxies(client),
      client.list<ProxyConfigObject>(PROXY_CONFIG),
      client.list<SidecarObject>(SIDECAR).catch(orIfForbidden(undefined)),
      gateway.existing && readOwnersGateway(client, gatewayPlace(gateway)),
    ]);
  const controlPlanes = await Promise.all(
    deployments.filter(isRunning).map((deployment) => readControlPlane(client, namespace, deployment)),
  );
  const shared = sortedUnique(
    controlPlanes
      .flatMap(({ environment }) => environment["SHARED_MESH_CONFIG"] ?? [])
      .filter((name) => name !== ""),
  );
  const labels = Object.fromEntries(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  return {
    namespace,
    controlPlanes: controlPlanes.sort((one, other) => (one.name < other.name ? -1 : 1)),
    injectors: webhooks.map(viewInjector),
    sharedMeshConfigs: Object.fromEntries(
      await Promise.all(
        shared.map(async (name) => [name, await readShared(client, namespace, name)] as const),
      ),
    ),
    rootCertificates: roots?.data?.["root-cert.pem"],
    secrets,
    network: labels[namespace]?.[NETWORK_LABEL],
    namespaces: labels,
    proxies,
    proxyConfigs: proxyConfigs.flatMap(viewProxyConfig),
    sidecars: sidecars?.flatMap(viewSidecar),
    gateway: ownersGateway,
  };
}

/** Fields read of a Deployment. */
type DeploymentObject = KubernetesObject & {
  spec?: {
    replicas?: number;
    template?: {
      spec?: { containers?: { name?: string; image?: string; args?: string[]; env?: Variable[] }[] };
    };
  };
};

type ConfigMapObject = KubernetesObject & { data?: Record<string, string> };

function isRunning({ spec }: DeploymentObject): boolean {
  return spec?.replicas !== 0;
}

async function readControlPlane(
  client: ClusterClient,
  namespace: string,
  deployment: DeploymentObject,
): Promise<ControlPlane> {
  const { name, labels = {} } = deployment.metadata;
  const containers = deployment.spec?.template?.spec?.containers ?? [];
  const container = containers.find((each) => each.name === "discovery") ?? containers[0];
  const revision = labels[REVISION_LABEL] ?? UNNAMED_REVISION;
  const [mesh, injector] = await Promise.all(
    ["istio", "istio-sidecar-injector"].map((map) =>
      client.get<ConfigMapObject>(CONFIG_MAP, namespace, `${map}${revisionSuffix(revision)}`),
    ),
  );
  return {
    namespace,
    name,
    revision,
    version: versionOf(tagOf(container?.image ?? ""), labels["app.kubernetes.io/version"]),
    owner: parseOwner(deployment.metadata),
    environment: environmentOf(container?.env ?? []),
    arguments: container?.args ?? [],
    meshConfig: await parseYaml(mesh?.data?.["mesh"]),
    injectorValues: parseJson(injector?.data?.["values"] ?? ""),
  };
}

/** Version in charts that were built from Istio's repository. */
const UNRELEASED = "1.0.0";

/** Returns the version of istiod's image, else that of its chart; undefined where neither is one of Istio's. */
function versionOf(...candidates: (string | undefined)[]): string | undefined {
  return candidates.find((text) => text !== UNRELEASED && /^v?1\.\d+/.test(text ?? ""));
}

/** Returns the tag of an image; undefined for one without, such as one by digest. */
function tagOf(image: string): string | undefined {
  return /:([\w.-]+)$/.exec(image.replace(/@.*$/, ""))?.[1];
}

/** Parses a mesh config. @returns undefined without one; the text itself when it is no YAML. */
async function parseYaml(text: string | undefined): Promise<unknown> {
  if (text === undefined) return undefined;
  const yaml = await import("js-yaml");
  try {
    return yaml.load(text) ?? {};
  } catch {
    return text;
  }
}

async function readShared(
  client: ClusterClient,
  namespace: string,
  name: string,
): Promise<SharedMeshConfig | undefined> {
  const map = await client.get(CONFIG_MAP, namespace, name);
  return map && { labels: map.metadata.labels ?? {} };
}

/** Reads the names of Secrets, which need a right that many do not give; undefined without it. */
async function readSecretNames(client: ClusterClient, namespace: string): Promise<string[] | undefined> {
  const secrets = await client
    .list(SECRET, { namespace, metadataOnly: true })
    .catch(orIfForbidden(undefined));
  return secrets?.map(({ metadata: { name } }) => name);
}

export function viewInjector({ metadata: { labels = {} } }: KubernetesObject): Injector {
  return { revision: labels[REVISION_LABEL] ?? UNNAMED_REVISION, tag: labels[TAG_LABEL] };
}

/** Reads the Pods with a sidecar that lacks a variable: all Pods of a cluster may be very many. */
function readProxies(client: ClusterClient): Promise<RunningProxy[]> {
  return client.fold<ProxiedPod, RunningProxy[]>(
    POD,
    { labelSelector: `${TLS_MODE_LABEL}=istio` },
    {
      begin: () => [],
      take: (found, pod) => {
        if (!isRunningPod(pod)) return;
        const { namespace = "", name } = pod.metadata;
        const { environment } = proxyOf(pod);
        const variables = PROXY_VARIABLES.filter((variable) => isTrue(environment[variable]));
        if (variables.length < PROXY_VARIABLES.length) found.push({ namespace, name, variables });
      },
    },
  );
}

/** Fields read of Istio's ProxyConfig. */
type ProxyConfigObject = KubernetesObject & {
  spec?: { selector?: unknown; environmentVariables?: Record<string, string> };
};

function viewProxyConfig({ metadata, spec }: ProxyConfigObject): FoundProxyConfig[] {
  if (spec?.selector !== undefined) return [];
  const { namespace = "", name, labels = {}, creationTimestamp: created = "" } = metadata;
  return [{ namespace, name, labels, created, environment: spec?.environmentVariables ?? {} }];
}

/** Fields read of Istio's Sidecar. */
type SidecarObject = KubernetesObject & {
  spec?: { workloadSelector?: unknown; egress?: { hosts?: string[] }[] };
};

function viewSidecar({ metadata: { namespace = "", name }, spec }: SidecarObject): SidecarScope[] {
  if (spec?.workloadSelector !== undefined) return [];
  return [{ namespace, name, hosts: spec?.egress?.flatMap(({ hosts = [] }) => hosts) ?? [] }];
}
