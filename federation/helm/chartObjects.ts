import { type HelmValues, withoutPilot } from "./decision.ts";
import { type Fault, describeFault } from "../core/fault.ts";
import { BASE_RELEASE, GATEWAY_RELEASE, ISTIOD_RELEASE, type ReleaseName } from "../core/helmReleases.ts";
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
  istiod: HelmValues;
  gateway: HelmValues;
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

const ISTIOD: readonly ChartRow[] = [
  always("ClusterRole", "istiod-clusterrole-istio-system"),
  always("ClusterRoleBinding", "istiod-clusterrole-istio-system"),
  unless("ClusterRole", "istiod-gateway-controller-istio-system", CONTROLLER),
  unless("ClusterRoleBinding", "istiod-gateway-controller-istio-system", CONTROLLER),
  always("MutatingWebhookConfiguration", "istio-sidecar-injector"),
  unless(
    "ValidatingWebhookConfiguration",
    "istio-validator-istio-system",
    "global.configValidation",
    ...PROFILE,
  ),
  where("ValidatingAdmissionPolicy", "stable-channel-policy-istio-system.istio.io", ...STABLE_VALIDATION),
  where(
    "ValidatingAdmissionPolicyBinding",
    "stable-channel-policy-binding-istio-system.istio.io",
    ...STABLE_VALIDATION,
  ),
  always("ServiceAccount", "istiod"),
  always("Role", "istiod"),
  always("RoleBinding", "istiod"),
  always("Service", "istiod"),
  always("Deployment", "istiod"),
  unless("HorizontalPodAutoscaler", "istiod", "autoscaleEnabled", "autoscaleMin", "autoscaleMax", ...PROFILE),
  where(
    "PodDisruptionBudget",
    "istiod",
    ...["autoscaleEnabled", "autoscaleMin", "replicaCount", "global.defaultPodDisruptionBudget", ...PROFILE],
  ),
  where("NetworkPolicy", "istiod", "global.networkPolicy"),
  always("ConfigMap", "istio"),
  always("ConfigMap", "istio-sidecar-injector"),
  always("ConfigMap", "values"),
  where("ConfigMap", "pilot-jwks-extra-cacerts", "jwksResolverExtraRootCA"),
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
export function chartObjects(values: UserValues): ChartObject[] {
  const istiod = withoutPilot(values.istiod);
  return [
    ...rowsOf(BASE_RELEASE, BASE, values.base),
    ...rowsOf(ISTIOD_RELEASE, [...ISTIOD, ...taggedObjects(istiod)], istiod),
    ...rowsOf(GATEWAY_RELEASE, gatewayRows(values.gateway), values.gateway),
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
function taggedObjects({ revisionTags, gatewayClasses }: HelmValues): ChartRow[] {
  const tags = Array.isArray(revisionTags) ? revisionTags.map(String) : [];
  const classes =
    typeof gatewayClasses === "object" && gatewayClasses !== null ? Object.keys(gatewayClasses) : [];
  return [
    ...tags.flatMap((tag) => [
      always("MutatingWebhookConfiguration", `istio-revision-tag-${tag}`),
      always("Service", `istiod-revision-tag-${tag}`),
    ]),
    ...classes.map((name) => always("ConfigMap", `istio-default-gatewayclass-${name}`)),
  ];
}

/** The gateway's ServiceAccount may have another name, after which its Role is called. */
function gatewayRows(values: HelmValues): ChartRow[] {
  const given = valueAt(values, ["serviceAccount", "name"]);
  const creates = valueAt(values, ["serviceAccount", "create"]) ?? true;
  const usual = creates === false ? "default" : GATEWAY_RELEASE.name;
  const account = typeof given === "string" && given !== "" ? given : usual;
  const rows = GATEWAY.map((row) => (row.kind.startsWith("Role") ? { ...row, name: account } : row));
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
