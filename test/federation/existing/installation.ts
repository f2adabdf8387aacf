import type { ControlPlane, InstalledIstio } from "../../../federation/existing/installedIstio.ts";
import { ROOT_A, validConfig } from "../samples.ts";

/** Environment of an istiod that is fit to be joined. */
export const JOINABLE = {
  CLUSTER_ID: "Kubernetes",
  ISTIO_MULTIROOT_MESH: "true",
  SHARED_MESH_CONFIG: "istio-federation",
  PILOT_SCOPE_GATEWAY_TO_NAMESPACE: "true",
};

/** A control plane that Helm installed as revision default, fit to be joined, with some of its fields replaced. */
export function controlPlane(changes: Partial<ControlPlane> = {}): ControlPlane {
  return {
    namespace: "istio-system",
    name: "istiod",
    revision: "default",
    version: "1.31.1",
    owner: { tool: "helm", source: "" },
    environment: JOINABLE,
    arguments: ["discovery", "--domain", "cluster-a.local"],
    meshConfig: { trustDomain: "cluster-a.mesh" },
    injectorValues: { global: { network: "" } },
    ...changes,
  };
}

/** {@link controlPlane} with this mesh config. */
export function withMesh(meshConfig: object, changes: Partial<ControlPlane> = {}): ControlPlane {
  return controlPlane({ meshConfig: { trustDomain: "cluster-a.mesh", ...meshConfig }, ...changes });
}

/** An installed Istio that is fit to be joined, with some of its parts replaced. */
export function installed(changes: Partial<InstalledIstio> = {}): InstalledIstio {
  const { controlPlanes = [controlPlane()] } = changes;
  return {
    namespace: "istio-system",
    controlPlanes,
    injectors: controlPlanes.map(({ revision }) => ({ revision, tag: undefined })),
    sharedMeshConfigs: { "istio-federation": undefined },
    rootCertificates: ROOT_A,
    secrets: ["istio-ca-secret"],
    network: undefined,
    namespaces: { "istio-system": {}, abc: {}, client: {} },
    proxies: [],
    proxyConfigs: [],
    sidecars: [],
    gateway: undefined,
    ...changes,
  };
}

/** Config of a stack that joins an Istio of these names, with some of its sections replaced. */
export const joiningConfig = (changes: Record<string, unknown> = {}) =>
  validConfig(
    {
      cluster: { name: "cluster-a", domain: "cluster-a.local", trustDomain: "cluster-a.mesh" },
      kubeconfig: { context: "cluster-a" },
      istio: { existing: {} },
      ...changes,
    },
    "cluster-a",
  );
