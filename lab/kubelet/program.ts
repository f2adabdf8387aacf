import type { V1Container } from "@kubernetes/client-node";

/** Programs that stand for container images. All absolute paths. */
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

/** What an image is, for the lab. */
export type Role = "istiod" | "proxy" | "app";

/** Image of the lab's own app; nothing of this name is ever pulled. */
export const APP_IMAGE = "lab.istio-federation.dev/app";

/**
 * Tells what runs in a container, by the last part of its image's name, without tag or digest.
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

/** Command line, without the container's own arguments, that an image's entry point is. */
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
