/** Metadata of a Corefile's ConfigMap, as far as it shows who else writes it. */
export interface CorefileMetadata {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Field managers. */
  managers: readonly string[];
  /** Kinds of the objects that own it. */
  owners: readonly string[];
}

/** Somebody who writes a Corefile back to what it was. */
interface Owner {
  readonly matches: (metadata: CorefileMetadata) => boolean;
  /** Completes "is managed by ...". */
  readonly name: string;
  /** In the imperative, without a full stop. */
  readonly remedy: string;
}

const hasKey = (entries: Readonly<Record<string, string>>, start: string): boolean =>
  Object.keys(entries).some((key) => key.startsWith(start));

const hasManager = ({ managers }: CorefileMetadata, name: RegExp): boolean =>
  managers.some((manager) => name.test(manager));

/** Returns the remedy for a CoreDNS that imports files of a second ConfigMap. */
function byCustom(key: string, restart = ""): string {
  return (
    `Remove dns.coreDns, and put the server block that docs/replicated.md shows under a key ${key} ` +
    `into ConfigMap kube-system/coredns-custom, which this CoreDNS imports${restart}`
  );
}

/** The more specific first: k3s and AKS also run Helm. */
const OWNERS: readonly Owner[] = [
  {
    matches: ({ labels, annotations }) =>
      hasKey(labels, "objectset.rio.cattle.io/") || hasKey(annotations, "objectset.rio.cattle.io/"),
    name: "k3s' deploy controller (objectset.rio.cattle.io), which writes it back at each start of a server",
    remedy: byCustom("ending in .server"),
  },
  {
    matches: ({ labels }) => labels["addonmanager.kubernetes.io/mode"] === "Reconcile",
    name: "an addon manager (addonmanager.kubernetes.io/mode: Reconcile, as on AKS), which writes it back within minutes",
    remedy: byCustom(
      "ending in .server",
      " (on AKS after `kubectl -n kube-system rollout restart deployment coredns`)",
    ),
  },
  {
    matches: (metadata) =>
      hasKey(metadata.labels, "dns.operator.openshift.io/") || metadata.owners.includes("DNS"),
    name: "OpenShift's DNS operator, which writes it back at once",
    remedy:
      "Remove dns.coreDns, and have the operator forward 'global' to a CoreDNS of your own (`servers` of dns.operator.openshift.io/default)",
  },
  {
    matches: (metadata) => hasManager(metadata, /^eks$/),
    name: "EKS' addon (field manager eks), which writes it back when the addon is updated",
    remedy:
      "Remove dns.coreDns, and write the whole Corefile with the server block into the addon's configuration (`aws eks update-addon --configuration-values`), or update the addon with --resolve-conflicts PRESERVE",
  },
  {
    matches: ({ labels, annotations }) =>
      hasKey(annotations, "argocd.argoproj.io/") || hasKey(labels, "argocd.argoproj.io/"),
    name: "Argo CD, which may write it back",
    remedy:
      "Put the server block into its source there and remove dns.coreDns, or have Argo CD ignore the difference of /data/Corefile",
  },
  {
    matches: ({ labels }) =>
      hasKey(labels, "kustomize.toolkit.fluxcd.io/") || hasKey(labels, "helm.toolkit.fluxcd.io/"),
    name: "Flux, which writes it back",
    remedy: "Put the server block into its source there, and remove dns.coreDns",
  },
  {
    matches: ({ labels, annotations }) =>
      labels["app.kubernetes.io/managed-by"] === "Helm" ||
      annotations["meta.helm.sh/release-name"] !== undefined,
    name: "Helm (on RKE2 by a HelmChart), which writes it back at each upgrade",
    remedy:
      "Put the server block into the chart's values (`servers`; on RKE2 by a HelmChartConfig named rke2-coredns), and remove dns.coreDns",
  },
  {
    matches: ({ owners }) => owners.length > 0,
    name: "an owner of another kind, which may write it back",
    remedy: "Have that owner write the server block, and remove dns.coreDns",
  },
];

/**
 * Finds who else manages a Corefile, and would undo our change; kubeadm's has no owner.
 * @returns completes "Corefile <name> ..."; undefined where nobody is known to.
 */
export function otherManager(metadata: CorefileMetadata): string | undefined {
  const owner = OWNERS.find(({ matches }) => matches(metadata));
  return owner && `is managed by ${owner.name}: global names would be lost then. ${owner.remedy}`;
}
