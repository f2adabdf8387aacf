import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { KubeConfig, V1Container, V1Pod } from "@kubernetes/client-node";
import type { ProcessSpec } from "../process.ts";
import type { ContainerSpec } from "./container.ts";
import { expand, resolveEnvironment } from "./environment.ts";
import { ALLOCATABLE } from "./cluster.ts";
import { applyOverrides, entryPoint, roleOf, type KubeletTools } from "./overrides.ts";
import { podKubeconfig } from "../cluster/kubeconfig.ts";
import type { Sources } from "./sources.ts";
import { mount, renderVolume, writeVolume } from "./volumes.ts";

/** Path of a Pod's token in in-cluster configuration. */
const TOKEN_PATH = "var/run/secrets/kubernetes.io/serviceaccount/token";

/** Places and sources of a Pod's folder. */
export interface PodFolderOptions {
  /** The Pod's own folder. */
  readonly folder: string;
  /** Folder for the logs of its containers. */
  readonly logs: string;
  /** First part of its processes' names, unique within the lab. */
  readonly processName: string;
  readonly tools: KubeletTools;
  readonly sources: Sources;
  /** The cluster, by its current context. */
  readonly config: KubeConfig;
}

/** A Pod on disk: `volumes/<volume>`, and `rootfs/<container>` in which its volumes are mounted by links. */
export class PodFolder {
  readonly #options: PodFolderOptions;

  constructor(options: PodFolderOptions) {
    this.#options = options;
  }

  /**
   * Brings the volumes up to date.
   *
   * @returns names of the volumes that changed.
   * @throws MissingSourceError while a ConfigMap or Secret is missing.
   */
  async writeVolumes(pod: V1Pod): Promise<string[]> {
    const changed: string[] = [];
    for (const volume of pod.spec?.volumes ?? []) {
      const files = await renderVolume(pod, volume, this.#options.sources, ALLOCATABLE);
      if (await writeVolume(this.#volume(volume.name), files)) changed.push(volume.name);
    }
    return changed;
  }

  /**
   * Mounts a container's volumes, writes the lab's own files, and returns its process.
   *
   * @param pod with address and node filled in.
   * @param init whether it is one of the Pod's init containers.
   */
  async prepare(pod: V1Pod, container: V1Container, init: boolean): Promise<ContainerSpec> {
    const { folder, logs, processName, tools, sources } = this.#options;
    const role = roleOf(container);
    if (container.command?.length)
      throw new Error(`container ${container.name}: the lab runs no command of its own`);
    const root = join(folder, "rootfs", container.name);
    await mkdir(root, { recursive: true });
    const mounts = [...(container.volumeMounts ?? [])].sort(
      (a, b) => a.mountPath.length - b.mountPath.length,
    );
    for (const { name, mountPath, subPath = "" } of mounts)
      await mount(root, mountPath, join(this.#volume(name), subPath));
    const environment = resolveEnvironment(pod, container, sources, ALLOCATABLE);
    const kubeconfig = join(folder, `${container.name}.kubeconfig`);
    const { args, env, files, readinessProbe } = applyOverrides(
      role,
      {
        args: (container.args ?? []).map((arg) => expand(arg, environment)),
        env: environment,
        files: {},
        ...(container.readinessProbe && { readinessProbe: container.readinessProbe }),
      },
      {
        podIP: pod.status?.podIP ?? "",
        envoy: tools.envoy,
        bootstrap: await readFile(tools.bootstrapTemplate, "utf8"),
        kubeconfig,
      },
    );
    await writeFile(kubeconfig, podKubeconfig(this.#options.config, join(root, TOKEN_PATH)), { mode: 0o600 });
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    const [command = "", ...entryArgs] = entryPoint(role, tools);
    const process: ProcessSpec = {
      name: `${processName}/${container.name}`,
      command,
      args: [...entryArgs, ...args],
      env,
      cwd: root,
      log: join(logs, `${container.name}.log`),
    };
    return { container, init, process, readinessProbe, podIP: pod.status?.podIP ?? "" };
  }

  /** Removes the Pod from disk; its logs stay. */
  async remove(): Promise<void> {
    await rm(this.#options.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #volume(name: string): string {
    return join(this.#options.folder, "volumes", name);
  }
}
