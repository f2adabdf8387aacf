import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import { sortedUnique } from "../core/order.ts";
import { type RevisionConfig, UNNAMED_REVISION, istiodName, revisionsOf, tagsIn } from "../core/revision.ts";
import type { Complaint } from "../core/schema.ts";

type Istio = StackConfig["istio"];

const FORMER = ["istio", "former"];

/** Checks the revisions of an Istio that this program installs. */
export function checkRevisions(draft: Draft<StackConfig>): Complaint[] {
  const { istio } = draft.sections;
  if (istio === undefined || istio.existing !== undefined) return [];
  const single = singleMeshFaults(draft, istio);
  if (draft.isFaulty("istio", "revision") || draft.isFaulty(...FORMER, "revision")) return single;
  const installed = revisionsOf(istio);
  return [
    ...single,
    ...nameFaults(draft, istio),
    ...tagFaults(installed),
    ...unique(installed.flatMap((each) => addressFaults(each))),
    ...gatewayFaults(draft, istio),
  ];
}

/** An istiod reads the mesh config of another cluster from the ConfigMap of its own revision's name (`getMeshConfigMapName`). */
function singleMeshFaults(
  { sections: { topology } }: Draft<StackConfig>,
  { revision, former }: Istio,
): Complaint[] {
  if (topology !== "single-mesh") return [];
  const set = [
    ...(revision === UNNAMED_REVISION ? [] : [["istio", "revision"]]),
    ...(former === undefined ? [] : [FORMER]),
  ];
  return set.map((path) => ({
    path,
    rule: "is not possible in topology 'single-mesh': an istiod reads other clusters' mesh config by the name of its own revision, which they need not have",
    remedy: "Remove it, and upgrade istiod in place by istio.charts",
    withoutValue: true,
  }));
}

function nameFaults({ isSet }: Draft<StackConfig>, { revision, former }: Istio): Complaint[] {
  if (former?.revision !== revision) return [];
  return [
    {
      path: isSet(...FORMER, "revision") ? [...FORMER, "revision"] : FORMER,
      rule: `is ${revision}, as istio.revision is: two control planes cannot have one name`,
      remedy: "Name the revision that workloads leave here, and the one that they move to in istio.revision",
      withoutValue: true,
    },
  ];
}

/** Checks that the gateways are not sent to the unnamed revision by address. */
function gatewayFaults(
  { sections: { gateway, publish } }: Draft<StackConfig>,
  { revision }: Istio,
): Complaint[] {
  const values = [
    { values: gateway?.values ?? {}, path: ["gateway", "values"] },
    { values: publish?.values ?? {}, path: ["publish", "values"] },
  ];
  return values.flatMap((each) => addressFaults({ revision, ...each }));
}

/** Checks that one webhook alone injects for each name that a namespace may be labelled with. */
function tagFaults(installed: readonly RevisionConfig[]): Complaint[] {
  const names = installed.map(({ revision }) => revision);
  const [first, second] = installed;
  const both =
    second === undefined
      ? []
      : tagsIn(second.values).filter((tag) => tagsIn(first?.values ?? {}).includes(tag));
  const shared: Complaint[] = sortedUnique(both).map((tag) => ({
    path: [...FORMER, "values", "istiod", "revisionTags"],
    rule: `has ${tag}, as istio.values.istiod.revisionTags has: two Helm releases cannot have the tag's webhook`,
    remedy: "Give istio.former values of its own, and leave the tag in one of both",
    withoutValue: true,
  }));
  const named = installed.flatMap(({ values, path }) =>
    tagsIn(values)
      .filter((tag) => names.includes(tag))
      .map((tag) => ({
        path: [...path, "revisionTags"],
        rule: `has ${tag}, which is the name of an installed revision: both webhooks would inject`,
        remedy: "Choose another name for the tag",
        withoutValue: true,
      })),
  );
  return [...shared, ...unique(named)];
}

/** Checks that no value of a named revision is an address of the unnamed one. */
function addressFaults({ revision, values, path }: Omit<RevisionConfig, "charts">): Complaint[] {
  if (revision === UNNAMED_REVISION) return [];
  return unnamedAddresses(values).map((keys) => ({
    path: [...path, ...keys],
    rule: `is the Service of the unnamed revision, and revision ${revision} has ${istiodName(revision)}`,
    remedy: "Remove it: the chart names the revision's own",
  }));
}

/** Address or URL of the unnamed revision's Service. */
const UNNAMED_SERVICE =
  /^(?:https?:\/\/)?istiod\.istio-system(?:\.svc(?:\.[a-z0-9.-]+)?)?(?::\d+)?(?:\/.*)?$/;

/** Returns the paths of such addresses; istiod's certificate may have any name. */
function unnamedAddresses(value: unknown): string[][] {
  if (typeof value === "string") return UNNAMED_SERVICE.test(value) ? [[]] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => key !== "ISTIOD_CUSTOM_HOST")
    .flatMap(([key, inner]) => unnamedAddresses(inner).map((keys) => [key, ...keys]));
}

function unique(complaints: readonly Complaint[]): Complaint[] {
  return [...new Map(complaints.map((each) => [JSON.stringify(each), each])).values()];
}
