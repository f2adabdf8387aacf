import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import pMap from "p-map";
import { parseAllDocuments } from "yaml";
import { FaultsError } from "../../federation/core/fault.ts";
import { ClusterClient } from "../../kubernetes/client.ts";
import {
  CONFIG_MAP,
  DEPLOYMENT,
  MUTATING_WEBHOOK_CONFIGURATION,
  NAMESPACE,
  type ResourceKind,
  SERVICE,
} from "../../kubernetes/kinds.ts";
import { waitFor } from "../../lab/ready.ts";
import { ROOT_A, contractOf, validConfig } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { sharedCluster } from "../providers/support/sharedCluster.ts";
import type { TestCluster } from "../providers/support/testCluster.ts";
import { OWN_STACK, type Stacks, planned, withStacks } from "./support.ts";

const FILE = "docs/existing-istio-rights.yaml";
const PEER_STACK = "organization/istio-federation/cluster-b-contract";
const SYSTEM = "istio-system";

/** The finding of a preview that names a missing right. */
type Finding = RegExp;

/** A preview stops with a fault that names the right. */
const stops = (right: string): Finding => {
  const [verb = "", plural = ""] = right.split(" ");
  return new RegExp(`^fault kubeconfig\\.context: cannot .*cannot ${verb} resource "${plural}"`, "m");
};

/** A preview goes on, with a sentence that says which check was skipped. */
const skips = (sentence: string): Finding => new RegExp(`^(warning|note) .*${sentence}`, "m");

const EDITS = skips("it is not checked whether others edited objects of this stack");

/*
 * Uses of a right by writes, each with its place in the source. No preview misses these: the lab proves that they are enough, with Helm itself
 * and with a stand-in for Pulumi's Kubernetes plugin; that the plugin needs them is read in its source (provider/pkg/await of 4.32).
 */
const HELM = {
  get: "Helm: whether an object is there already, and whether it is ready (pkg/action/validate.go, pkg/kube/ready.go)",
  create: "Helm: installs (pkg/kube/client.go)",
  patch: "Helm: upgrades (pkg/kube/client.go); rolls back a failed install",
  delete: "Helm: uninstalls (pkg/kube/client.go)",
};
const PLUGIN = {
  get: "the plugin: reads before an update and in a refresh (await.go, Update and Read)",
  list: "the plugin: waits for a deletion by an informer, and for ever where that cannot list (await/informers/factory.go)",
  watch: "the plugin: waits for a deletion by an informer",
  create: "the plugin: creates, and in a preview as a dry run (await.go, Creation)",
  patch: "the plugin: updates by server-side apply, and in a preview as a dry run (await.go, ssaUpdate)",
  delete: "the plugin: deletes (await.go, Deletion)",
};
const IMPORTS = {
  get: "imports: reads an object before it is replaced (providers/importedServices/writeObject.ts)",
  create: "imports: server-side apply of a new object",
  patch: "imports: server-side apply",
  update: "imports: replaces the spec of an object that others extended",
  delete: "imports: deletes services that a peer withdrew",
};

/** Purpose of each right: a finding where a preview needs it, else the writes that do. */
const PURPOSES: Readonly<Record<string, Readonly<Record<string, Finding | string>>>> = {
  namespaces: { ...PLUGIN, list: stops("list namespaces") },
  pods: { list: stops("list pods") },
  services: { ...PLUGIN, list: stops("list services"), get: stops("get services") },
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": {
    list: stops("list mutatingwebhookconfigurations"),
  },
  "customresourcedefinitions.apiextensions.k8s.io": {
    get: "with `traffic`: the schemas of its objects (discovery/crds.ts)",
  },
  "proxyconfigs.networking.istio.io": { ...PLUGIN, list: stops("list proxyconfigs") },
  "sidecars.networking.istio.io": { list: skips("it is not checked whether they hide imported services") },
  "workloadentries.networking.istio.io": { list: stops("list workloadentries") },
  "authorizationpolicies.security.istio.io": { list: EDITS },
  "peerauthentications.security.istio.io": {
    list: skips("may not list peerauthentications .* it is not checked whether exported Services accept"),
  },
  "destinationrules.networking.istio.io": {
    ...IMPORTS,
    list: skips("may not list destinationrules .* it is not checked whether a DestinationRule keeps"),
  },
  "serviceentries.networking.istio.io": { ...IMPORTS, list: stops("list serviceentries") },
  "gateways.networking.istio.io": { ...PLUGIN, get: EDITS },
  "virtualservices.networking.istio.io": { ...PLUGIN, list: EDITS },
  serviceaccounts: HELM,
  "deployments.apps": HELM,
  "replicasets.apps": { list: "Helm: waits for the Deployment (internal deploymentutil.go)" },
  "horizontalpodautoscalers.autoscaling": HELM,
  "roles.rbac.authorization.k8s.io": HELM,
  "rolebindings.rbac.authorization.k8s.io": HELM,
  secrets: {
    list: skips("certificate authority not known without the right to list Secrets"),
    get: "Helm: reads its record of the release (pkg/storage/driver/secrets.go); the gateway's Role has it",
    watch: "the gateway's Role has it, and Kubernetes lets nobody grant what they do not have",
    create: "Helm: records a revision (pkg/storage/driver/secrets.go)",
    update: "Helm: records the outcome of a revision (pkg/storage/driver/secrets.go)",
    delete: "Helm: removes its records (pkg/storage/driver/secrets.go)",
  },
  "istio-system: deployments.apps": { list: stops("list deployments") },
  "istio-system: configmaps": { ...PLUGIN, get: stops("get configmaps") },
};

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

interface RightsObject {
  kind: string;
  rules?: Rule[];
}

/** One verb of one rule for one resource. */
interface Right {
  /** E.g. `istio-system: configmaps`; without a namespace for a ClusterRole. */
  resource: string;
  verb: string;
  role: number;
  rule: number;
}

const GROUP = "rbac.authorization.k8s.io";

const rbac = (kind: string, plural: string): ResourceKind => ({ group: GROUP, version: "v1", kind, plural });

/** Makes an istiod as its owner prepared it, and a Service that is exported. */
async function makeMesh(cluster: TestCluster): Promise<void> {
  for (const name of [SYSTEM, "istio-federation", "istio-gateway", "abc"]) await cluster.makeNamespace(name);
  const env = [
    { name: "ISTIO_MULTIROOT_MESH", value: "true" },
    { name: "SHARED_MESH_CONFIG", value: "istio-federation" },
  ];
  const containers = [{ name: "discovery", image: "docker.io/istio/pilot:1.30.3", env }];
  const labels = { app: "istiod", "istio.io/rev": "default" };
  const template = { metadata: { labels }, spec: { containers } };
  await cluster.make(DEPLOYMENT, SYSTEM, "istiod", {
    labels,
    spec: { selector: { matchLabels: labels }, template },
  });
  await cluster.make(CONFIG_MAP, SYSTEM, "istio", { data: { mesh: "trustDomain: a.mesh" } });
  await cluster.make(CONFIG_MAP, SYSTEM, "istio-ca-root-cert", { data: { "root-cert.pem": ROOT_A } });
  await cluster.make(MUTATING_WEBHOOK_CONFIGURATION, undefined, "istio-sidecar-injector", {
    labels: { app: "sidecar-injector", "istio.io/rev": "default" },
  });
  const ports = [{ name: "http", port: 80, appProtocol: "http" }];
  const spec = { selector: { app: "foo" }, ports };
  await cluster.make(SERVICE, "abc", "foo", { labels: { export: "true" }, spec });
}

describe("The documented rights to join an Istio", () => {
  const roles = parseAllDocuments(readFileSync(FILE, "utf8"))
    .map((document) => document.toJS() as RightsObject)
    .filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
  const rights = roles.flatMap(({ kind, rules = [] }, role) =>
    rules.flatMap(({ apiGroups: [group = ""], resources, verbs }, rule) =>
      resources.flatMap((plural) => {
        const resource = (kind === "Role" ? `${SYSTEM}: ` : "") + plural + (group === "" ? "" : `.${group}`);
        return verbs.map((verb): Right => ({ resource, verb, role, rule }));
      }),
    ),
  );
  const isRead = ({ resource, verb }: Right) => PURPOSES[resource]?.[verb] instanceof RegExp;
  let cluster: TestCluster;
  let fresh: Stacks;
  let updated: Stacks;

  before(async () => {
    cluster = await sharedCluster(false);
    const federation = await signed(contractOf());
    const identity = { cluster: "cluster-a", clusterDomain: "cluster.local", trustDomain: "a.mesh" };
    const own = contractOf({ ...identity, network: "cluster-a", rootCertificates: [ROOT_A], services: {} });
    const peer = { [PEER_STACK]: { federation } };
    fresh = peer;
    updated = { ...peer, [OWN_STACK]: { federation: own } };
    await makeMesh(cluster);
    await grant("reader", isRead);
    const withoutOne = [...rights.entries()].filter(([, right]) => isRead(right));
    await pMap(withoutOne, ([index, right]) => grant(`without-${index}`, (each) => each !== right), {
      concurrency: 8,
    });
    await grant("joiner", () => true);
    // The API server learns of roles after they are written, in their order.
    const joiner = await ClusterClient.connect(access("joiner"));
    await waitFor(
      "the rights are not in force",
      () =>
        Promise.all([joiner.list(NAMESPACE), joiner.list(DEPLOYMENT, { namespace: SYSTEM })]).then(
          () => true,
          () => false,
        ),
      30,
    );
  });

  after(() => cluster.clear());

  /** Gives a user of this name the rights that are kept. */
  async function grant(user: string, isKept: (right: Right) => boolean): Promise<void> {
    for (const [role, { kind }] of roles.entries()) {
      const rules = rights
        .filter((right) => right.role === role && isKept(right))
        .map(({ resource, verb, rule }) => {
          const plural = resource.replace(/^.*: /, "").split(".")[0] ?? "";
          return { ...roles[role]?.rules?.[rule], resources: [plural], verbs: [verb] };
        });
      const namespace = kind === "Role" ? SYSTEM : undefined;
      const lower = kind.toLowerCase();
      await cluster.make(rbac(kind, `${lower}s`), namespace, user, { rules });
      await cluster.make(rbac(`${kind}Binding`, `${lower}bindings`), namespace, user, {
        roleRef: { apiGroup: GROUP, kind, name: user },
        subjects: [{ apiGroup: GROUP, kind: "User", name: user }],
      });
    }
  }

  function access(user: string | undefined): { path: string; context: string } {
    const { token } = cluster.admin;
    return user === undefined ? cluster.kubeconfig : cluster.writeKubeconfig(user, { token, as: user });
  }

  /**
   * Plans as a user. @returns all findings.
   * @param user undefined for the administrator.
   * @param stacks readable outputs. @default those after the first update
   */
  async function findings(user: string | undefined, stacks: Stacks = updated): Promise<string> {
    const sections = {
      cluster: { name: "cluster-a", domain: "cluster.local", trustDomain: "a.mesh" },
      ...{ kubeconfig: access(user), istio: { existing: {} } },
      exports: [{ selector: { export: "true" } }],
      peers: { "cluster-b": { stack: "cluster-b-contract", exportTo: ["abc"] } },
    };
    await withStacks(stacks);
    try {
      const { errors, warnings, notes } = await planned(validConfig(sections, "cluster-a"));
      const kinds = { error: errors, warning: warnings, note: notes };
      return Object.entries(kinds)
        .flatMap(([kind, texts]) => texts.map((text) => `${kind} ${text}`))
        .join("\n");
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      return error.faults.map(({ path, rule, remedy }) => `fault ${path}: ${rule}. ${remedy}`).join("\n");
    }
  }

  it("have a purpose each, and none is given twice", () => {
    const given = rights.map(({ resource, verb }) => `${resource} ${verb}`);
    assert.deepEqual(given, [...new Set(given)]);
    const known = Object.entries(PURPOSES).flatMap(([resource, verbs]) =>
      Object.keys(verbs).map((verb) => `${resource} ${verb}`),
    );
    assert.deepEqual(given.toSorted(), known.toSorted());
  });

  it("let a preview find no less than an administrator's", async () => {
    for (const stacks of [fresh, updated])
      assert.equal(await findings("joiner", stacks), await findings(undefined, stacks));
  });

  it("give a preview nothing that it does not use", async () => {
    for (const stacks of [fresh, updated])
      assert.equal(await findings("reader", stacks), await findings("joiner", stacks));
  });

  for (const [index, { resource, verb }] of rights.entries()) {
    const purpose = PURPOSES[resource]?.[verb];
    if (purpose instanceof RegExp)
      it(`are missed by a preview: ${verb} ${resource}`, async () => {
        assert.match(await findings(`without-${index}`), purpose);
      });
  }
});
