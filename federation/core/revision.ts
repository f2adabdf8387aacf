import type { StackConfig } from "../config/stackConfig.ts";
import type { HelmValues } from "../helm/decision.ts";
import type { ReleaseName } from "./helmReleases.ts";
import { DNS_LABEL } from "./names.ts";
import { type TextRule, valueAt } from "./schema.ts";
import { ISTIO_NAMESPACE } from "./wellKnown.ts";

/** Istio's name of the revision whose objects have no suffix. */
export const UNNAMED_REVISION = "default";

/** Names of the revisions that this program installs: the one in use, and the one that workloads leave during an upgrade. */
export interface InstalledRevisions {
  revision: string;
  former: { revision: string } | undefined;
}

/** One istiod that this program installs. */
export interface RevisionConfig {
  revision: string;
  charts: StackConfig["istio"]["charts"];
  /** Helm values of the user. */
  values: HelmValues;
  /** Path of {@link values} in the config. */
  path: readonly string[];
}

/** Longest name of a Helm release, which is `istiod-<revision>`. */
const RELEASE_LIMIT = 53;
const LIMIT = RELEASE_LIMIT - "istiod-".length;

/**
 * Names with which a revision's objects would have names of Istio's other objects: ConfigMaps `istio-ca-root-cert`,
 * `istio-sidecar-injector`, `istio-leader`, ..., Services `istiod-remote`, `istiod-revision-tag-<tag>`.
 */
const TAKEN =
  /^(?:remote|leader|node-untaint|ip-autoallocate|ca-.*|sidecar-injector.*|gateway-(?:deployment|inferencepool).*|cni-.*|revision-tag-.*|.*-(?:leader|election)|.*gatewayclass.*)$/;

/** Name of a revision. */
export const REVISION: TextRule = {
  test: (text) => text.length <= LIMIT && DNS_LABEL.test(text) && !TAKEN.test(text),
  rule: `must be a DNS-1123 label of at most ${LIMIT} characters, with which no object of the revision has the name of another one of Istio's`,
  remedy: "Name the version, e.g. 1-31",
};

/** Returns what Istio's chart appends to the names of a revision's objects. */
export function revisionSuffix(revision: string): string {
  return revision === UNNAMED_REVISION ? "" : `-${revision}`;
}

/** Returns the name of a revision's Deployment, Service, ServiceAccount and Role. */
export function istiodName(revision: string): string {
  return `istiod${revisionSuffix(revision)}`;
}

/** Returns a revision's release of the istiod chart. */
export function istiodRelease(revision: string): ReleaseName {
  return { namespace: ISTIO_NAMESPACE, name: istiodName(revision) };
}

/** Returns the value `revision` of Istio's charts. */
export function chartRevision(revision: string): string | undefined {
  return revision === UNNAMED_REVISION ? undefined : revision;
}

/** Names the installed revisions in the order of their installation: the former one first. */
export function revisionNames({ revision, former }: InstalledRevisions): string[] {
  return former === undefined ? [revision] : [former.revision, revision];
}

/** Lists the istiods to install in the order of their installation: the former one first. */
export function revisionsOf({ revision, charts, values, former }: StackConfig["istio"]): RevisionConfig[] {
  const path = ["istio", "values", "istiod"];
  const own = { revision, charts, values: values.istiod, path };
  if (former === undefined) return [own];
  const given = former.values && {
    values: former.values.istiod,
    path: ["istio", "former", "values", "istiod"],
  };
  return [
    { revision: former.revision, charts: former.charts, ...(given ?? { values: own.values, path }) },
    own,
  ];
}

/**
 * Returns the charts of the newer version, whose CRDs have what both istiods know: the older ones would take away fields on the way back.
 * Of a folder the version is unknown.
 */
export function newestCharts({ charts, former }: StackConfig["istio"]): RevisionConfig["charts"] {
  if (former === undefined || !("version" in charts) || !("version" in former.charts)) return charts;
  const version = (text: string): string => text.replace(/^v/, "");
  const order = version(charts.version).localeCompare(version(former.charts.version), "en", {
    numeric: true,
  });
  return order < 0 ? former.charts : charts;
}

/** Lists the Helm values of istiods, each once: those of both revisions may be the same. */
export function valuesOfIstiods(istio: StackConfig["istio"]): Pick<RevisionConfig, "values" | "path">[] {
  const all = revisionsOf(istio);
  return all.filter(({ values }, index) => all.findIndex((other) => other.values === values) === index);
}

/** Returns the revision tags in Helm values of istiod. */
export function tagsIn(values: HelmValues): string[] {
  const tags = valueAt(values, ["revisionTags"]);
  return Array.isArray(tags) ? tags.map(String) : [];
}
