import type { StackConfig } from "./config/stackConfig.ts";
import type { Fault } from "./core/fault.ts";
import { REVISION_LABEL } from "./core/labels.ts";
import { sortedUnique } from "./core/order.ts";
import { UNNAMED_REVISION, revisionsOf, tagsIn } from "./core/revision.ts";
import { count, firstNames } from "./core/text.ts";
import { GATEWAY_NAMESPACE, PUBLISH_NAMESPACE } from "./core/wellKnown.ts";
import type { Injector } from "./existing/installedIstio.ts";
import type { PlanContext } from "./plan.ts";
import { optional } from "./snapshot.ts";

/** Users of the revisions that workloads leave; empty where there is none. */
export interface RevisionReadings {
  /** Revisions in the cluster and in the stack's state that the config does not name, so that this update removes their istiods. */
  removed: readonly string[];
  /** Running Pods with a proxy of such a revision or of the former one. */
  proxies: readonly RevisedProxy[];
  /** Labels of all namespaces, by name. */
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Webhooks that inject. */
  injectors: readonly Injector[];
}

/** A running Pod with a proxy, and the revision that it gets its configuration from. */
export interface RevisedProxy {
  namespace: string;
  name: string;
  revision: string;
}

/** Users of one revision, by name. */
interface Users {
  /** Pods as `namespace/name`, sorted. */
  pods: readonly string[];
  /** Namespaces whose new Pods it injects, sorted. */
  namespaces: readonly string[];
}

/** Namespaces of the program's own gateways, which an update moves itself. */
const OWN: readonly string[] = [GATEWAY_NAMESPACE, PUBLISH_NAMESPACE];

/** Label of a namespace that the unnamed revision injects, or the tag `default`; it precedes `istio.io/rev`. */
const INJECTION_LABEL = "istio-injection";

/**
 * Checks that nobody uses a revision whose istiod this update removes, and names those who still use the former one.
 * @returns Pods of the former revision, as `namespace/name`; undefined where the config has none.
 */
export function checkRevisionUsers({
  config: { istio },
  snapshot: { cluster },
  findings,
  skipped,
}: Pick<PlanContext, "config" | "snapshot" | "findings" | "skipped">): readonly string[] | undefined {
  if (istio.existing !== undefined || skipped.includes("istio")) return undefined;
  const unchecked = "workloads still use a revision that is removed";
  const readings = optional(cluster.revisions, NONE, unchecked, findings);
  const { revision, former } = istio;
  for (const each of readings.removed) findings.fault(...removalFaults(each, readings, istio));
  if (former === undefined) return undefined;
  if (!("value" in cluster.revisions)) return [];
  const { pods, namespaces } = usersOf(former.revision, readings, istio);
  const move = `Label their namespaces ${labelFor(revision)}, and restart`;
  if (namespaces.length > 0)
    findings.warn(
      `The former revision ${former.revision} injects new Pods in ${count(namespaces.length)} namespace(s): ${firstNames(namespaces)}. ` +
        `${move.replace("their namespaces", "these")} their workloads.`,
    );
  if (pods.length > 0)
    findings.warn(
      `${count(pods.length)} Pod(s) run with the former revision ${former.revision}: ${firstNames(pods)}. ` +
        `${move} them; all are in the output \`restarts\`. Remove istio.former when there is none left.`,
    );
  if (pods.length + namespaces.length === 0)
    findings.note(`Nothing uses the former revision ${former.revision} any more: remove istio.former.`);
  return pods;
}

const NONE: RevisionReadings = { removed: [], proxies: [], namespaces: {}, injectors: [] };

function removalFaults(removed: string, readings: RevisionReadings, istio: StackConfig["istio"]): Fault[] {
  const { pods, namespaces } = usersOf(removed, readings, istio);
  const keep = `Keep it by istio.former until nothing uses it: label the namespaces ${labelFor(istio.revision)} and restart their workloads`;
  const tags = revisionsOf(istio)
    .flatMap(({ values }) => tagsIn(values))
    .filter((tag) => tagsOf(removed, readings).includes(tag));
  return [
    ...(pods.length === 0
      ? []
      : [
          {
            path: "istio.former",
            rule: `does not name revision ${removed}, so this update would remove its istiod, from which ${count(pods.length)} running Pod(s) have their configuration and certificates: ${firstNames(pods)}`,
            remedy: keep,
          },
        ]),
    ...(namespaces.length === 0
      ? []
      : [
          {
            path: "istio.former",
            rule: `does not name revision ${removed}, so this update would remove the webhook that injects new Pods in ${count(namespaces.length)} namespace(s): ${firstNames(namespaces)}`,
            remedy: keep,
          },
        ]),
    ...sortedUnique(tags).map((tag) => ({
      path: "istio.values.istiod.revisionTags",
      rule: `has ${tag}, which is a tag of revision ${removed} in the cluster: Helm would refuse to install it a second time before this update removes that`,
      remedy: "Keep istio.former with values without the tag for one update, which moves it",
    })),
  ];
}

/** Formats the label that makes a revision inject a namespace. */
function labelFor(revision: string): string {
  return revision === UNNAMED_REVISION
    ? `${INJECTION_LABEL}=enabled (without ${REVISION_LABEL})`
    : `${REVISION_LABEL}=${revision} (without ${INJECTION_LABEL})`;
}

function usersOf(revision: string, readings: RevisionReadings, istio: StackConfig["istio"]): Users {
  const pods = readings.proxies.filter((each) => each.revision === revision && !OWN.includes(each.namespace));
  const kept = revisionsOf(istio).filter((each) => each.revision !== revision);
  const elsewhere = kept.flatMap(({ revision: name, values }) => [name, ...tagsIn(values)]);
  const names = [revision, ...tagsOf(revision, readings)].filter((name) => !elsewhere.includes(name));
  return {
    pods: sortedUnique(pods.map(({ namespace, name }) => `${namespace}/${name}`)),
    namespaces: Object.keys(readings.namespaces)
      .filter((name) => names.includes(injectorOf(readings.namespaces[name] ?? {}) ?? ""))
      .sort(),
  };
}

/** Returns the tags in the cluster whose webhooks inject for a revision. */
function tagsOf(revision: string, { injectors }: RevisionReadings): string[] {
  return injectors.flatMap(({ revision: other, tag }) =>
    other === revision && tag !== undefined ? [tag] : [],
  );
}

/** Returns the revision or tag that injects a namespace by its labels; undefined where only labels of Pods decide. */
function injectorOf(labels: Readonly<Record<string, string>>): string | undefined {
  const injection = labels[INJECTION_LABEL];
  if (injection === undefined) return labels[REVISION_LABEL];
  return injection === "enabled" ? UNNAMED_REVISION : undefined;
}
