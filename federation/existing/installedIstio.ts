import type { Reading } from "../snapshot.ts";
import type { Owner } from "./owner.ts";
import type { OwnersGateway } from "./ownersGateway.ts";
import type { SidecarScope } from "./sidecarScopes.ts";

type Labels = Readonly<Record<string, string>>;

/** An Istio that somebody else installed, as it is in the cluster; nothing of it is validated. */
export interface InstalledIstio {
  /** Namespace of its istiods. */
  namespace: string;
  /** One istiod per revision; those scaled to zero are left out. */
  controlPlanes: readonly ControlPlane[];
  /** Revisions and revision tags that inject sidecars, by their webhooks. */
  injectors: readonly Injector[];
  /** ConfigMaps that SHARED_MESH_CONFIG names, by name; undefined for one that does not exist. */
  sharedMeshConfigs: Readonly<Record<string, SharedMeshConfig | undefined>>;
  /** Roots of the mesh: `root-cert.pem` of ConfigMap `istio-ca-root-cert`; undefined without it. */
  rootCertificates: string | undefined;
  /** Names of the Secrets beside istiod, by which the kind of certificate authority is known; undefined without the right to list them. */
  secrets: readonly string[] | undefined;
  /** Label `topology.istio.io/network` of istiod's namespace. */
  network: string | undefined;
  /** Labels of all namespaces, by name. */
  namespaces: Readonly<Record<string, Labels>>;
  /** Proxies that lack something which a federation needs of them. */
  proxies: readonly RunningProxy[];
  /** ProxyConfigs of others without a selector. */
  proxyConfigs: readonly FoundProxyConfig[];
  /** Sidecars without a selector; undefined without the right to list them. */
  sidecars: readonly SidecarScope[] | undefined;
  /** Gateway of the owner; undefined where the config names none. */
  gateway: OwnersGateway | undefined;
}

/** The reading of an installed Istio; its value is undefined where the config asks for none. */
export type InstallationReading = Reading<InstalledIstio | undefined>;

/** An istiod: its Deployment, and the ConfigMaps that it reads. */
export interface ControlPlane {
  namespace: string;
  /** Name of the Deployment. */
  name: string;
  /** Label `istio.io/rev`. */
  revision: string;
  /** Version by image or label; undefined where neither has one. */
  version: string | undefined;
  owner: Owner;
  environment: Readonly<Record<string, string>>;
  arguments: readonly string[];
  /** Key `mesh` of ConfigMap `istio[-<revision>]`, parsed; undefined without it. */
  meshConfig: unknown;
  /** Key `values` of ConfigMap `istio-sidecar-injector[-<revision>]`, parsed; undefined without it. */
  injectorValues: unknown;
}

/** A webhook configuration that injects sidecars. */
export interface Injector {
  revision: string;
  /** Undefined for the revision's own. */
  tag: string | undefined;
}

/** A ConfigMap that istiod merges below its own mesh config. */
export interface SharedMeshConfig {
  labels: Labels;
}

/** A running Pod with a sidecar. */
export interface RunningProxy {
  namespace: string;
  name: string;
  /** Environment of its proxy that a federation needs: those of {@link PROXY_VARIABLES} that are true. */
  variables: readonly string[];
}

/** Istio's ProxyConfig without a selector. */
export interface FoundProxyConfig {
  namespace: string;
  name: string;
  labels: Labels;
  created: string;
  environment: Readonly<Record<string, string>>;
}

/** Variables of a proxy that verifies peers by their trust anchors, and resolves imported host names. */
export const PROXY_VARIABLES = ["PROXY_CONFIG_XDS_AGENT", "ISTIO_META_DNS_CAPTURE"] as const;

/** Name of the ConfigMap that owners are told to have istiod read, and of our ProxyConfigs. */
export const EXISTING_NAME = "istio-federation";

/** Whether Go reads a variable as true (`strconv.ParseBool`). */
export function isTrue(value: string | undefined): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(value ?? "");
}
