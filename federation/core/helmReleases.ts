import type { Fault } from "./fault.ts";
import { type InstalledRevisions, istiodRelease, revisionNames } from "./revision.ts";
import {
  GATEWAY_NAME,
  GATEWAY_NAMESPACE,
  ISTIO_NAMESPACE,
  PUBLISH_GATEWAY,
  PUBLISH_NAMESPACE,
} from "./wellKnown.ts";

/** Name of a Helm release, unique in its namespace. */
export interface ReleaseName {
  namespace: string;
  name: string;
}

/** Latest revision of a Helm release, as Helm records it in the cluster. */
export interface HelmRelease extends ReleaseName {
  /** `deployed`, `failed`, `pending-install`, `pending-upgrade`, ... */
  status: string;
  revision: number;
}

export const BASE_RELEASE: ReleaseName = { namespace: ISTIO_NAMESPACE, name: "istio-base" };
export const GATEWAY_RELEASE: ReleaseName = { namespace: GATEWAY_NAMESPACE, name: GATEWAY_NAME };

/** Installed only where the contract is served from the cluster itself. */
export const PUBLISH_RELEASE: ReleaseName = { namespace: PUBLISH_NAMESPACE, name: PUBLISH_GATEWAY };

/** Returns the releases that this program installs whatever is published: those of what is not there already. */
export function releasesOf({
  istio,
  gateway,
}: {
  istio: InstalledRevisions & { existing: object | undefined };
  gateway: { existing: object | undefined };
}): readonly ReleaseName[] {
  return [
    ...(istio.existing === undefined ? [BASE_RELEASE, ...revisionNames(istio).map(istiodRelease)] : []),
    ...(gateway.existing === undefined ? [GATEWAY_RELEASE] : []),
  ];
}

/**
 * Finds releases that Helm would refuse to install or upgrade: what an interrupted update leaves behind. No option of the provider
 * recovers them: Helm's `replace` accepts a failed release only, `atomic` acts as long as the process lives.
 * @param found releases in the cluster.
 * @param known releases in the stack's state; undefined when the state cannot be read.
 */
export function helmReleaseFaults(
  found: readonly HelmRelease[],
  known: readonly ReleaseName[] | undefined,
): Fault[] {
  return found.flatMap((release) => {
    const { namespace, name, status } = release;
    const isKnown = known?.some((other) => other.namespace === namespace && other.name === name) ?? true;
    if (!isKnown) return [unknownRelease(release)];
    return status.startsWith("pending-") ? [pendingRelease(release)] : [];
  });
}

/** Helm refuses to install under a name that is in use; it adopts the objects when only its record is removed. */
function unknownRelease({ namespace, name, status }: HelmRelease): Fault {
  const rule = `is a Helm release in the cluster (${status}) that is not in this stack's state, so Helm would refuse to install it`;
  const remedy =
    "If an interrupted update of this stack left it behind, remove Helm's record and run `pulumi up`, which adopts the objects: " +
    `\`kubectl -n ${namespace} delete secret -l owner=helm,name=${name}\`. Otherwise another installation of Istio uses the name`;
  return { path: "", value: `${namespace}/${name}`, rule, remedy };
}

/** Helm refuses to upgrade while the latest revision is pending; without that revision, it upgrades the one before. */
function pendingRelease({ namespace, name, status, revision }: HelmRelease): Fault {
  const refresh = revision > 1 ? "pulumi up" : "pulumi up --refresh";
  const rule = `is a Helm release in status ${status}, so Helm would refuse to upgrade it`;
  const remedy =
    `If no other update is running, remove the record of the interrupted one and run \`${refresh}\`: ` +
    `\`kubectl -n ${namespace} delete secret sh.helm.release.v1.${name}.v${revision}\``;
  return { path: "", value: `${namespace}/${name}`, rule, remedy };
}

/**
 * Warns of Istio's CRDs that somebody installed without this Helm release, such as istioctl or another release: Helm refuses to install
 * over them (`invalid ownership metadata`).
 */
export function unownedCrdWarnings(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const { namespace, name } = BASE_RELEASE;
  const crds = names.map((crd) => `crd/${crd}`).join(" ");
  return [
    `Istio's CRDs are in the cluster without the marks of Helm release ${namespace}/${name}, so that Helm would refuse to install it (invalid ` +
      "ownership metadata). If no other Istio uses them, let the release adopt them: " +
      `\`kubectl label --overwrite ${crds} app.kubernetes.io/managed-by=Helm\` and ` +
      `\`kubectl annotate --overwrite ${crds} meta.helm.sh/release-name=${name} meta.helm.sh/release-namespace=${namespace}\``,
  ];
}
