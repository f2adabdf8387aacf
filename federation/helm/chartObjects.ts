import { type HelmValues, withoutPilot } from "./decision.ts";
import { type Fault, describeFault } from "../core/fault.ts";
import { BASE_RELEASE, GATEWAY_RELEASE, type ReleaseName } from "../core/helmReleases.ts";
import { istiodRelease, revisionSuffix } from "../core/revision.ts";
import { type ObjectPlace, formatPlace } from "../core/installation.ts";
import { valueAt } from "../core/schema.ts";

/** An object that one of Istio's charts creates, beside CRDs. */
export interface ChartObject extends ObjectPlace {
  release: ReleaseName;
  /** Whether the chart creates it whatever the values are; otherwise the user's values may turn it on or off. */
  isCertain: boolean;
}

/** A chart's object that is in the cluster without the marks of its Helm release. */
export interface UnownedObject extends ChartObject {
  /** Helm release by its annotations, which may be ours where a label is missing; undefined without them. */
  owner: ReleaseName | undefined;
}

/** Labels and annotations of an object, by some of which Helm marks its own. */
export interface HelmMarks {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

const RELEASE_NAME = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE = "meta.helm.sh/release-namespace";

/** Helm values that users give to the charts. */
export interface UserValues {
  base: HelmValues;
  /** Values of each installed revision. */
  istiods: readonly { revision: string; values: HelmValues }[];
  gateway: HelmValues;
  /** Revision of the gateway. */
  revision: string;
}

/** Row of the tables below. */
interface ChartRow {
  kind: string;
  name: string;
  /** Whether the chart creates it without values of the user. */
  byDefault: boolean;
  /** Dotted paths of the values that turn it on or off. */
  switches: readonly string[];
}

/** Profiles are sets of values. */
const PROFILE = ["profile", "global.profile"];

const always = (kind: string, name: string): ChartRow => ({ kind, name, byDefault: true, switches: [] });
const unless = (kind: string, name: string, ...switches: string[]): ChartRow => ({
  ...{ kind, name, switches },
  byDefault: true,
});
const where = (kind: string, name: string, ...switches: string[]): ChartRow => ({
  ...{ kind, name, switches },
  byDefault: false,
});

const STABLE_VALIDATION = ["experimental.stableValidationPolicy", ...PROFILE];

const BASE: readonly ChartRow[] = [
  always("ValidatingWebhookConfiguration", "istiod-default-validator"),
  where("ValidatingAdmissionPolicy", "stable-channel-default-policy.istio.io", ...STABLE_VALIDATION),
  where(
    "ValidatingAdmissionPolicyBinding",
    "stable-channel-default-policy-binding.istio.io",
    ...STABLE_VALIDATION,
  ),
];

const CONTROLLER = "env.PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER";

/** Objects of a revision, by what its chart appends to their names. */
const istiodRows = (suffix: string): readonly ChartRow[] => [
  always("ClusterRole", `istiod-clusterrole${suffix}-istio-system`),
  always("ClusterRoleBinding", `istiod-clusterrole${suffix}-istio-system`),
  unless("ClusterRole", `istiod-gateway-controller${suffix}-istio-system`, CONTROLLER),
  unless("ClusterRoleBinding", `istiod-gateway-controller${suffix}-istio-system`, CONTROLLER),
  always("MutatingWebhookConfiguration", `istio-sidecar-injector${suffix}`),
  unless(
    "ValidatingWebhookConfiguration",
    `istio-validator${suffix}-istio-system`,
    "global.configValidation",
    ...PROFILE,
  ),
  where(
    "ValidatingAdmissionPolicy",
    `stable-channel-policy${suffix}-istio-system.istio.io`,
    ...STABLE_VALIDATION,
  ),
  where(
    "ValidatingAdmissionPolicyBinding",
    `stable-channel-policy-binding${suffix}-istio-system.istio.io`,
    ...STABLE_VALIDATION,
  ),
  always("ServiceAccount", `istiod${suffix}`),
  always("Role", `istiod${suffix}`),
  always("RoleBinding", `istiod${suffix}`),
  always("Service", `istiod${suffix}`),
  always("Deployment", `istiod${suffix}`),
  unless(
    "HorizontalPodAutoscaler",
    `istiod${suffix}`,
    ...["autoscaleEnabled", "autoscaleMin", "autoscaleMax", ...PROFILE],
  ),
  where(
    "PodDisruptionBudget",
    `istiod${suffix}`,
    ...["autoscaleEnabled", "autoscaleMin", "replicaCount", "global.defaultPodDisruptionBudget", ...PROFILE],
  ),
  where("NetworkPolicy", `istiod${suffix}`, "global.networkPolicy"),
  always("ConfigMap", `istio${suffix}`),
  always("ConfigMap", `istio-sidecar-injector${suffix}`),
  always("ConfigMap", `values${suffix}`),
  where("ConfigMap", `pilot-jwks-extra-cacerts${suffix}`, "jwksResolverExtraRootCA"),
];

const GATEWAY: readonly ChartRow[] = [
  unless("Role", "eastwestgateway", "rbac"),
  unless("RoleBinding", "eastwestgateway", "rbac"),
  unless("Deployment", "eastwestgateway", "kind"),
  where("DaemonSet", "eastwestgateway", "kind"),
  unless("HorizontalPodAutoscaler", "eastwestgateway", "autoscaling", "kind"),
  where("PodDisruptionBudget", "eastwestgateway", "podDisruptionBudget"),
  where("NetworkPolicy", "eastwestgateway", "global.networkPolicy", "networkPolicy"),
];

/** Kinds of objects in the charts that have no namespace. */
const CLUSTER_SCOPED = [
  "ClusterRole",
  "ClusterRoleBinding",
  "MutatingWebhookConfiguration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
];

/** Lists the objects that the charts create by these values, and those that the values may turn on or off. */
export function chartObjects({ base, istiods, gateway, revision }: UserValues): ChartObject[] {
  return [
    ...rowsOf(BASE_RELEASE, BASE, base),
    ...istiods.flatMap(({ revision: name, values }) => {
      const own = withoutPilot(values);
      const rows = [...istiodRows(revisionSuffix(name)), ...namedByValues(own, name)];
      return rowsOf(istiodRelease(name), rows, own);
    }),
    ...rowsOf(GATEWAY_RELEASE, gatewayRows(gateway, revision), gateway),
  ];
}

function rowsOf(release: ReleaseName, rows: readonly ChartRow[], values: HelmValues): ChartObject[] {
  return rows.flatMap(({ kind, name, byDefault, switches }) => {
    const isSwitched = switches.some((path) => valueAt(values, path.split(".")) !== undefined);
    if (!byDefault && !isSwitched) return [];
    const namespace = CLUSTER_SCOPED.includes(kind) ? undefined : release.namespace;
    return [{ kind, namespace, name, release, isCertain: !isSwitched }];
  });
}

/** Objects that istiod's chart names by the user's values. */
function namedByValues({ revisionTags, gatewayClasses }: HelmValues, revision: string): ChartRow[] {
  const tags = Array.isArray(revisionTags) ? revisionTags.map(String) : [];
  const classes =
    typeof gatewayClasses === "object" && gatewayClasses !== null ? Object.keys(gatewayClasses) : [];
  return [
    ...tags.flatMap((tag) => [
      always("MutatingWebhookConfiguration", `istio-revision-tag-${tag}`),
      always("Service", `istiod-revision-tag-${tag}`),
    ]),
    ...classes.map((name) => always("ConfigMap", `istio-${revision}-gatewayclass-${name}`)),
  ];
}

/** The gateway's ServiceAccount may have another name, after which its Role is called; a NetworkPolicy has the revision's suffix. */
function gatewayRows(values: HelmValues, revision: string): ChartRow[] {
  const given = valueAt(values, ["serviceAccount", "name"]);
  const creates = valueAt(values, ["serviceAccount", "create"]) ?? true;
  const usual = creates === false ? "default" : GATEWAY_RELEASE.name;
  const account = typeof given === "string" && given !== "" ? given : usual;
  const nameIn = ({ kind, name }: ChartRow): string => {
    if (kind.startsWith("Role")) return account;
    return kind === "NetworkPolicy" ? `${name}${revisionSuffix(revision)}` : name;
  };
  const rows = GATEWAY.map((row) => ({ ...row, name: nameIn(row) }));
  return [...rows, ...(creates === false ? [] : [always("ServiceAccount", account)])];
}

/** Whether Helm would accept an object as one of this release, which it may then install over it. */
export function isOwnedBy({ namespace, name }: ReleaseName, marks: HelmMarks): boolean {
  const owner = ownerByAnnotations(marks);
  return (
    marks.labels["app.kubernetes.io/managed-by"] === "Helm" &&
    owner?.name === name &&
    owner.namespace === namespace
  );
}

/** Returns the Helm release that an object's annotations name; undefined without them. */
export function ownerByAnnotations({ annotations }: HelmMarks): ReleaseName | undefined {
  const { [RELEASE_NAME]: name, [RELEASE_NAMESPACE]: namespace = "" } = annotations;
  return name === undefined ? undefined : { namespace, name };
}

/** Finds objects over which Helm would refuse to install: warnings for those that the user's values may leave out. */
export function unownedObjectFindings(objects: readonly UnownedObject[]): {
  faults: Fault[];
  warnings: string[];
} {
  const possible = objects.filter(({ isCertain }) => !isCertain);
  return {
    faults: objects.filter(({ isCertain }) => isCertain).map(unownedObject),
    warnings: possible.map((object) => describeFault(unownedObject(object))),
  };
}

/** Formats to whom an object belongs by its annotations. */
function belongsTo(owner: ReleaseName | undefined, other: ReleaseName | undefined): string {
  if (other !== undefined) return `of Helm release ${other.namespace}/${other.name}`;
  return owner === undefined ? "of no Helm release" : "without the label app.kubernetes.io/managed-by: Helm";
}

function unownedObject(object: UnownedObject): Fault {
  const { release, kind, namespace, name, owner, isCertain } = object;
  const own = `${release.namespace}/${release.name}`;
  const other = owner?.name === release.name && owner.namespace === release.namespace ? undefined : owner;
  const belongs = belongsTo(owner, other);
  const condition = isCertain ? "" : ", if the values make it a part of that";
  const target = `${kind.toLowerCase()}/${name}${namespace === undefined ? "" : ` -n ${namespace}`}`;
  const adoption =
    `\`kubectl label --overwrite ${target} app.kubernetes.io/managed-by=Helm\` and \`kubectl annotate --overwrite ${target} ` +
    `${RELEASE_NAME}=${release.name} ${RELEASE_NAMESPACE}=${release.namespace}\``;
  const uninstall =
    other === undefined
      ? ""
      : `uninstall that release (\`helm uninstall ${other.name} -n ${other.namespace}\`), `;
  return {
    path: "",
    value: formatPlace(object),
    rule: `is there already, ${belongs}, so Helm would refuse to install ${own} (invalid ownership metadata)${condition}`,
    remedy: `If no other Istio uses it, ${uninstall}delete it (\`kubectl delete ${target}\`) or let the release adopt it: ${adoption}`,
  };
}
