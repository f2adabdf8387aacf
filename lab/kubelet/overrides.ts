import type { V1Container, V1Pod, V1Probe } from "@kubernetes/client-node";
import type { Environment } from "./environment.ts";

/** Programs in place of container images; absolute paths. */
export interface KubeletTools {
  readonly pilotDiscovery: string;
  readonly pilotAgent: string;
  readonly envoy: string;
  /** Istio's template of an Envoy bootstrap. */
  readonly bootstrapTemplate: string;
  /** Node 24, to run the lab's own app. */
  readonly node: string;
  /** The lab's own app, a file for Node. */
  readonly app: string;
}

/** Role of an image in the lab. */
export type Role = "istiod" | "proxy" | "app";

/** Image of the lab's own app; nothing of this name is ever pulled. */
export const APP_IMAGE = "lab.istio-federation.dev/app";

/**
 * Role of a container, by the last part of its image's name without tag and digest.
 *
 * @throws Error for an image that the lab does not know, `auto` included: the injector has not filled it in.
 */
export function roleOf(container: V1Container): Role {
  const image = container.image ?? "";
  const name = image.split("@")[0]?.replace(/:[^/]*$/, "") ?? "";
  if (name === APP_IMAGE) return "app";
  switch (name.split("/").at(-1)) {
    case "pilot":
      return "istiod";
    case "proxyv2":
      return "proxy";
    default:
      throw new Error(`container ${container.name}: the lab has no program for image "${image}"`);
  }
}

/** Entry point of an image: a command line without the container's own arguments. */
export function entryPoint(role: Role, tools: KubeletTools): string[] {
  switch (role) {
    case "istiod":
      return [tools.pilotDiscovery];
    case "proxy":
      return [tools.pilotAgent];
    case "app":
      return [tools.node, tools.app];
  }
}

/** Process of a container: as in the Pod at first, then with the lab's changes. */
export interface ContainerPlan {
  readonly args: readonly string[];
  readonly env: Readonly<Environment>;
  readonly readinessProbe?: V1Probe;
  /** Files to lay into the container's root before it starts, by path from there. */
  readonly files: Readonly<Record<string, string>>;
}

/** Facts for overrides. */
export interface OverrideContext {
  /** The Pod's loopback address. */
  readonly podIP: string;
  /** Stock Envoy, an absolute path. */
  readonly envoy: string;
  /** Text of Istio's template of an Envoy bootstrap. */
  readonly bootstrap: string;
  /** Kubeconfig with the token of the Pod's own service account, an absolute path. */
  readonly kubeconfig: string;
}

interface Override {
  readonly role: Role;
  /** The difference between a cluster and this machine. */
  readonly why: string;
  apply(plan: ContainerPlan, context: OverrideContext): ContainerPlan;
}

/** All changes that the lab makes to containers of the program and its charts. */
export const OVERRIDES: readonly Override[] = [
  {
    role: "istiod",
    why: "All Pods share the machine's network: istiod listens on its Pod's address, not on all.",
    apply: (plan, { podIP }) => ({
      ...plan,
      args: [
        ...plan.args,
        `--httpAddr=${podIP}:8080`,
        `--grpcAddr=${podIP}:15010`,
        `--secureGRPCAddr=${podIP}:15012`,
        `--monitoringAddr=${podIP}:15014`,
        `--httpsAddr=${podIP}:15017`,
        `--ctrlz_address=${podIP}`,
      ],
    }),
  },
  {
    role: "istiod",
    why: "A token under the absolute path of in-cluster configuration needs a container; a kubeconfig that names the same token does not.",
    apply: (plan, { kubeconfig }) => withEnv(plan, { KUBECONFIG: kubeconfig }),
  },
  {
    role: "proxy",
    why: "There is no iptables redirection without root: listeners are those that a Sidecar resource names.",
    apply: (plan) =>
      plan.args.includes("sidecar") ? withEnv(plan, { ISTIO_META_INTERCEPTION_MODE: "NONE" }) : plan,
  },
  {
    role: "proxy",
    why: "Envoy is the stock build, at a path of its own.",
    apply: (plan, { envoy }) => {
      const config = JSON.parse(plan.env.PROXY_CONFIG ?? "{}") as Record<string, unknown>;
      return withEnv(plan, { PROXY_CONFIG: JSON.stringify({ ...config, binaryPath: envoy }) });
    },
  },
  {
    role: "proxy",
    why: "Envoy's own listeners (admin 15000, status 15021, metrics 15090) are on the Pod's address, not on all and not on 127.0.0.1.",
    apply: (plan, { podIP, bootstrap }) => ({
      ...plan,
      files: {
        ...plan.files,
        "var/lib/istio/envoy/envoy_bootstrap_tmpl.json": bootstrap.replaceAll(
          /\{\{ \.(wildcard|localhost) \}\}/g,
          podIP,
        ),
      },
    }),
  },
  {
    role: "proxy",
    why: "The DNS proxy is on the Pod's address, not on localhost.",
    apply: (plan, { podIP }) => withEnv(plan, { DNS_PROXY_ADDR: `${podIP}:15053` }),
  },
  {
    role: "proxy",
    why: "Readiness goes through the status server, which is off (see below): Envoy itself is asked.",
    apply: (plan) => ({
      ...plan,
      readinessProbe: { ...plan.readinessProbe, httpGet: { path: "/ready", port: 15000 } },
    }),
  },
];

/**
 * Annotations of every Pod on this machine. pilot-agent's status server (port 15020) listens on all addresses, so it is off, for which
 * this annotation is the only way.
 */
const POD_ANNOTATIONS: Readonly<Record<string, string>> = { "status.sidecar.istio.io/port": "0" };

/** The Pod as its containers see it. */
export function overridePod(pod: V1Pod): V1Pod {
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...POD_ANNOTATIONS } },
  };
}

/** Changes a container's plan by every override of its role. */
export function applyOverrides(role: Role, plan: ContainerPlan, context: OverrideContext): ContainerPlan {
  return OVERRIDES.filter((override) => override.role === role).reduce(
    (changed, override) => override.apply(changed, context),
    plan,
  );
}

function withEnv(plan: ContainerPlan, env: Environment): ContainerPlan {
  return { ...plan, env: { ...plan.env, ...env } };
}
