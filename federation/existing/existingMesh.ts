import { X509Certificate } from "node:crypto";
import type { StackConfig } from "../config/stackConfig.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { type GatewayWorkload, gatewayPlace } from "../core/gatewayPlace.ts";
import { ownValue, sortedUnique } from "../core/order.ts";
import { GATEWAY_NAMESPACE, IMPORT_NAMESPACE, PUBLISH_NAMESPACE } from "../core/wellKnown.ts";
import type { PlanContext } from "../plan.ts";
import { gatewayServiceAccount } from "../exports/gatewayListeners.ts";
import { required } from "../snapshot.ts";
import { canonicalCertificate, certificateTexts } from "../x509/certificate.ts";
import { rootFaults } from "../x509/root.ts";
import {
  contradictions,
  controlPlanePlace,
  scopeWarnings,
  scopesGateways,
  settingFaults,
  trustFaults,
  versionFindings,
  visibilityFaults,
} from "./controlPlaneFaults.ts";
import { discoveryLabels, isDiscovered } from "./discoverySelectors.ts";
import { networkOf, rootNamespaceOf } from "./clusterDefaults.ts";
import type { ControlPlane, InstalledIstio } from "./installedIstio.ts";
import { validateOwnersGateway } from "./ownersGateway.ts";
import { type MeshSettings, meshSettings } from "./meshSettings.ts";
import { meshConfigField } from "./owner.ts";
import {
  EXISTING_PATH,
  managedFaults,
  absenceFaults,
  rootNamespaceFaults,
  sharedFaults,
  unseenNamespace,
} from "./meshFaults.ts";

type Labels = Readonly<Record<string, string>>;

/** A mesh that was there before this program, and is fit to be joined. */
export interface ExistingMesh {
  installed: InstalledIstio;
  controlPlanes: readonly { controlPlane: ControlPlane; settings: MeshSettings }[];
  /** PEM, one each. */
  rootCertificates: readonly string[];
  /** ConfigMaps that get the trust anchors, sorted. */
  sharedMeshConfigs: readonly string[];
  /** Revision or tag that injects the gateway; undefined for the default one. */
  gatewayRevision: string | undefined;
  /** Labels by which istiod sees our namespaces, by their names. */
  namespaceLabels: Readonly<Record<string, Labels>>;
  gateway: GatewayWorkload;
  /** Namespace whose policies, ProxyConfigs, Sidecars and EnvoyFilters apply to all namespaces. */
  rootNamespace: string;
}

/**
 * Validates an installed Istio: all control planes, as workloads may move from one to another.
 * @returns undefined when there is a fault, or the config asks for an Istio of this program.
 */
export function validateInstalled(context: PlanContext): ExistingMesh | undefined {
  const { config, snapshot, findings } = context;
  const { existing } = config.istio;
  if (existing === undefined) return undefined;
  const reading = snapshot.cluster.installation;
  if ("unreachable" in reading)
    findings.fault({
      path: EXISTING_PATH,
      rule: `cannot be read, as the cluster cannot be reached: ${reading.unreachable}`,
      remedy: "Run this when the cluster answers",
    });
  const installed = required(reading, findings);
  if (installed === undefined) return undefined;
  const managed = managedFaults(installed);
  if (managed.length > 0) {
    findings.fault(...managed);
    return undefined;
  }
  const before = findings.faults.length;
  findings.fault(...absenceFaults(installed), ...sharedFaults(installed));
  const controlPlanes = installed.controlPlanes.flatMap((controlPlane) => {
    const settings = validateControlPlane(controlPlane, installed, context);
    return settings === undefined ? [] : [{ controlPlane, settings }];
  });
  findings.fault(...rootNamespaceFaults(controlPlanes));
  const isInjected = config.gateway.existing === undefined || config.publish !== undefined;
  const revision = isInjected ? gatewayRevision(installed, existing.revision) : { name: undefined };
  if ("fault" in revision) findings.fault(revision.fault);
  const selectors = controlPlanes.map(({ settings }) => settings.discoverySelectors);
  const namespaces = ownNamespaces(config);
  const namespaceLabels = Object.fromEntries(
    namespaces.flatMap((name) => {
      const labels = discoveryLabels(selectors, name);
      return labels === undefined ? [] : [[name, labels]];
    }),
  );
  for (const name of namespaces)
    if (ownValue(namespaceLabels, name) === undefined) findings.fault(unseenNamespace(name, controlPlanes));
  const gateway = gatewayOf(installed, controlPlanes, config);
  findings.fault(...gateway.faults);
  for (const { controlPlane, settings } of controlPlanes)
    findings.fault(
      ...visibilityFaults(
        controlPlane,
        settings,
        IMPORT_NAMESPACE,
        ownValue(namespaceLabels, IMPORT_NAMESPACE) ?? {},
      ),
    );
  const roots = rootsOf(installed);
  findings.fault(...roots.faults);
  if (findings.faults.length > before || "fault" in revision) return undefined;
  findings.note(describeInstalled(installed, controlPlanes));
  return {
    installed,
    controlPlanes,
    rootCertificates: roots.certificates,
    sharedMeshConfigs: sortedUnique(Object.keys(installed.sharedMeshConfigs)),
    gatewayRevision: revision.name,
    namespaceLabels,
    gateway: gateway.workload,
    rootNamespace: rootNamespaceOf(reading),
  };
}

/** Returns the namespaces of this program's objects, all of which istiod must see. */
function ownNamespaces({ gateway, publish }: Pick<StackConfig, "gateway" | "publish">): string[] {
  return [
    ...(gateway.existing === undefined ? [GATEWAY_NAMESPACE] : []),
    IMPORT_NAMESPACE,
    ...(publish === undefined ? [] : [PUBLISH_NAMESPACE]),
  ];
}

/** Returns the gateway, and why the owner's cannot be used. */
function gatewayOf(
  installed: InstalledIstio,
  controlPlanes: ExistingMesh["controlPlanes"],
  config: PlanContext["config"],
): { workload: GatewayWorkload; faults: Fault[] } {
  const place = gatewayPlace(config.gateway);
  if (installed.gateway === undefined)
    return {
      workload: { ...place, serviceAccount: gatewayServiceAccount(config.gateway.values) },
      faults: [],
    };
  const { namespace } = place;
  const labels = ownValue(installed.namespaces, namespace);
  if (labels === undefined) {
    const rule = "is no namespace of this cluster";
    const fault = {
      path: "gateway.existing.namespace",
      value: namespace,
      rule,
      remedy: "Name the gateway's",
    };
    return { workload: { ...place, serviceAccount: "" }, faults: [fault] };
  }
  const blind = controlPlanes.filter(({ settings }) => !isDiscovered(settings.discoverySelectors, labels));
  const unseen = blind.map(({ controlPlane }): Fault => {
    const rule = `has discoverySelectors that do not match namespace ${namespace} of the gateway`;
    const remedy = "Give the namespace labels that match";
    return { path: controlPlanePlace(controlPlane), rule, remedy };
  });
  const scope = {
    isNamespaced: controlPlanes.every(({ controlPlane }) => scopesGateways(controlPlane)),
    networks: sortedUnique(
      controlPlanes
        .map(({ settings }) => networkOf(installed, settings))
        .filter((network) => network !== undefined),
    ),
  };
  const { serviceAccount, faults } = validateOwnersGateway(place, installed.gateway, scope, config);
  return { workload: { ...place, serviceAccount }, faults: [...unseen, ...faults] };
}

/** Adds the findings about one control plane. @returns its settings; undefined when they cannot be read. */
function validateControlPlane(
  controlPlane: ControlPlane,
  installed: InstalledIstio,
  { config, findings }: PlanContext,
): MeshSettings | undefined {
  const version = versionFindings(controlPlane);
  findings.fault(...version.faults);
  findings.warn(...version.warnings, ...scopeWarnings(controlPlane));
  const settings = meshSettings(controlPlane);
  if (settings === undefined) {
    const rule = "has a mesh config that cannot be parsed, which istiod ignores";
    findings.fault({
      path: controlPlanePlace(controlPlane),
      rule,
      remedy: `Correct ${meshConfigField(controlPlane, "meshConfig")}`,
    });
    return undefined;
  }
  findings.fault(
    ...contradictions(controlPlane, settings, networkOf(installed, settings), config),
    ...trustFaults(controlPlane, settings),
    ...settingFaults(controlPlane, settings, config),
  );
  return settings;
}

/** Chooses the revision that injects the gateway. */
function gatewayRevision(
  { controlPlanes, injectors }: InstalledIstio,
  wanted: string | undefined,
): { name: string | undefined } | { fault: Fault } {
  const names = sortedUnique(injectors.map(({ revision, tag }) => tag ?? revision));
  const path = `${EXISTING_PATH}.revision`;
  const choices = names.length === 0 ? "none has an injection webhook" : `there are ${names.join(", ")}`;
  if (wanted !== undefined && !names.includes(wanted)) {
    const rule = `is no revision or tag that injects sidecars: ${choices}`;
    return { fault: { path, value: wanted, rule, remedy: "Name one of these" } };
  }
  const [only, ...others] = sortedUnique(controlPlanes.map(({ revision }) => revision));
  const chosen = wanted ?? (names.includes(DEFAULT_REVISION) ? DEFAULT_REVISION : only);
  if (wanted === undefined && chosen !== DEFAULT_REVISION && others.length > 0) {
    const rule = `is missing, and no revision is the default one: ${choices}`;
    return { fault: { path, rule, remedy: "Name the revision or tag that is to inject the gateway" } };
  }
  return { name: chosen === DEFAULT_REVISION ? undefined : chosen };
}

/** Istio's name of the revision, or the tag, that injects what names none. */
const DEFAULT_REVISION = "default";

function rootsOf({ namespace, rootCertificates, controlPlanes }: InstalledIstio): {
  certificates: string[];
  faults: Fault[];
} {
  if (controlPlanes.length === 0) return { certificates: [], faults: [] };
  const path = `ConfigMap ${namespace}/istio-ca-root-cert`;
  const texts = certificateTexts(rootCertificates ?? "");
  if (texts.length === 0) {
    const rule = "has no root certificate, so peers could not trust this cluster";
    return { certificates: [], faults: [{ path, rule, remedy: "Wait until istiod has written it" }] };
  }
  const found = texts.map((text) => canonicalCertificate(text));
  const faults = found.flatMap((pem, index): Fault[] => {
    const rules = pem === undefined ? ["is no CA certificate"] : rootFaults(new X509Certificate(pem));
    const remedy = "Have the mesh use another root: peers would refuse this one";
    return rules.map((rule) => ({ path: pathOf(path, index), rule, remedy }));
  });
  return { certificates: sortedUnique(found.filter((pem) => pem !== undefined)), faults };
}

/** Secrets of istiod's certificate authority, and what they say of it. */
const AUTHORITIES = [
  ["cacerts", "plugged in"],
  ["istio-ca-secret", "self-signed by istiod"],
] as const;

function describeInstalled(
  { secrets, injectors }: InstalledIstio,
  controlPlanes: ExistingMesh["controlPlanes"],
): string {
  const each = controlPlanes.map(({ controlPlane: { revision, version }, settings: { clusterId } }) => {
    const tags = injectors.flatMap((injector) =>
      injector.revision === revision && injector.tag !== undefined ? [injector.tag] : [],
    );
    const tagged = tags.length === 0 ? "" : `, tags ${sortedUnique(tags).join(", ")}`;
    return `${version ?? "unknown version"} (revision ${revision}${tagged}, cluster ID ${clusterId})`;
  });
  const [first] = controlPlanes;
  const authority =
    secrets === undefined
      ? "not known without the right to list Secrets"
      : (AUTHORITIES.find(([name]) => secrets.includes(name))?.[1] ?? "outside istiod");
  return `Istio ${each.join(" and ")} is there: trust domain ${first?.settings.trustDomain}, cluster domain ${first?.settings.clusterDomain}, certificate authority ${authority}`;
}
