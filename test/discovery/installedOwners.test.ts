import assert from "node:assert/strict";
import { FaultsError } from "../../federation/core/fault.ts";
import { type ExistingMesh, validateInstalled } from "../../federation/existing/existingMesh.ts";
import type { InstalledIstio } from "../../federation/existing/installedIstio.ts";
import { joiningConfig } from "../federation/existing/installation.ts";
import { runPart } from "../federation/planContext.ts";
import { ROOT_A } from "../federation/samples.ts";
import { type FakeApiServer, fakeApiServer, listOf } from "../providers/support/fakeApiServer.ts";
import { readObjects } from "./installedObjects.ts";

/*
 * No operator and no cloud can be run here: these objects are made by hand, with the names, labels, annotations and owners that each tool
 * leaves, read in its sources: the charts of Istio 1.30 (istiod, revisiontags), sail-operator (pkg/helm/postrenderer.go,
 * controllers/istio, controllers/istiorevisiontag), istio/operator/pkg/install, Argo CD's and Flux's docs, and AKS' docs.
 */

/** Metadata that a tool puts on what it renders from Istio's charts. */
interface Marks {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: object[];
}

/** An istiod of Istio's chart: its Deployment, ConfigMaps and webhook. */
interface Istiod {
  /** Helm value `revision`; "" for none. */
  revision?: string;
  marks: Marks;
  image?: string;
  env?: Record<string, string>;
  mesh?: object;
}

/** Environment that the owner sets once. */
const PREPARED = {
  ISTIO_MULTIROOT_MESH: "true",
  SHARED_MESH_CONFIG: "istio-federation",
  PILOT_SCOPE_GATEWAY_TO_NAMESPACE: "true",
};

const SYSTEM = "/api/v1/namespaces/istio-system/configmaps";

/** Labels that Istio's chart gives all its objects. */
const CHART = {
  "app.kubernetes.io/managed-by": "Helm",
  "app.kubernetes.io/instance": "istiod",
  "app.kubernetes.io/part-of": "istio",
  "app.kubernetes.io/version": "1.30.3",
  "helm.sh/chart": "istiod-1.30.3",
  "operator.istio.io/component": "Pilot",
};

function metadata(name: string, labels: Record<string, string>, { labels: own, ...marks }: Marks) {
  return { name, namespace: "istio-system", labels: { ...CHART, ...labels, ...own }, ...marks };
}

/** Webhook that injects for a revision, or for a tag of it. */
function webhook(revision: string, marks: Marks, tag?: string) {
  const suffix = revision === "" ? "" : `-${revision}`;
  const labels = { app: "sidecar-injector", "istio.io/rev": revision || "default" };
  return {
    metadata: metadata(
      tag === undefined ? `istio-sidecar-injector${suffix}` : `istio-revision-tag-${tag}`,
      tag === undefined ? labels : { ...labels, "istio.io/tag": tag },
      marks,
    ),
  };
}

async function read(
  server: FakeApiServer,
  istiods: readonly Istiod[],
  webhooks: readonly object[] = [],
): Promise<InstalledIstio> {
  const maps = istiods.flatMap(({ revision = "", marks, mesh = {} }) => {
    const suffix = revision === "" ? "" : `-${revision}`;
    const rootNamespace = "istio-system";
    const data = { mesh: JSON.stringify({ trustDomain: "cluster.local", rootNamespace, ...mesh }) };
    const values = JSON.stringify({ global: { network: "" }, revision });
    return [
      [`istio${suffix}`, { metadata: metadata(`istio${suffix}`, {}, marks), data }] as const,
      [`istio-sidecar-injector${suffix}`, { metadata: { name: "x" }, data: { values } }] as const,
    ];
  });
  const root = { metadata: { name: "istio-ca-root-cert" }, data: { "root-cert.pem": ROOT_A } };
  const objects = Object.fromEntries(
    [...maps, ["istio-ca-root-cert", root] as const].map(([name, map]) => [`${SYSTEM}/${name}`, map]),
  );
  const deployments = istiods.map(
    ({ revision = "", marks, image = "docker.io/istio/pilot:1.30.3", env = PREPARED }) => ({
      metadata: metadata(
        revision === "" ? "istiod" : `istiod-${revision}`,
        { app: "istiod", istio: "pilot", "istio.io/rev": revision || "default" },
        marks,
      ),
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: "discovery",
                image,
                args: ["discovery", "--monitoringAddr=:15014", "--domain", "cluster.local"],
                env: [
                  { name: "REVISION", value: revision || "default" },
                  { name: "CLUSTER_ID", value: "Kubernetes" },
                  { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
                  ...Object.entries(env).map(([name, value]) => ({ name, value })),
                ],
              },
            ],
          },
        },
      },
    }),
  );
  return readObjects(server, objects, {
    deployments: listOf(deployments),
    mutatingwebhookconfigurations: listOf([
      ...istiods.map(({ revision = "", marks }) => webhook(revision, marks)),
      ...webhooks,
    ]),
    namespaces: listOf([{ metadata: { name: "istio-system" } }]),
  });
}

/** Validates what was read. @returns its findings, or the mesh that can be joined. */
function preflight(found: InstalledIstio, revision?: string): { faults: string[]; mesh?: ExistingMesh } {
  const config = joiningConfig({
    cluster: { name: "cluster-a", domain: "cluster.local", trustDomain: "cluster.local" },
    istio: { existing: revision === undefined ? {} : { revision } },
  });
  try {
    const { result } = runPart(
      config,
      { snapshot: { cluster: { installation: { value: found } } } },
      validateInstalled,
    );
    return { faults: [], ...(result && { mesh: result }) };
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return { faults: error.faults.map(({ path, rule, remedy }) => `${path}: ${rule}. ${remedy}`) };
  }
}

/** Marks of an IstioRevision by the Sail operator: Helm's, and its own. */
const sail = (name: string, kind = "IstioRevision"): Marks => ({
  labels: { "managed-by": "sail-operator" },
  annotations: { "meta.helm.sh/release-name": `${name}-istiod` },
  ownerReferences: [
    {
      ...{ apiVersion: "sailoperator.io/v1", kind, name, uid: "f7c1", controller: true },
      blockOwnerDeletion: true,
    },
  ],
});

const HELM: Marks = {
  annotations: { "meta.helm.sh/release-name": "istiod", "meta.helm.sh/release-namespace": "istio-system" },
};

describe("The objects that a tool leaves of its Istio", () => {
  const server = fakeApiServer();

  const tools: [
    title: string,
    istiod: Istiod,
    name: string,
    environment: (field: string) => string,
    meshConfig: string,
  ][] = [
    [
      "helm install",
      { marks: HELM },
      "istiod (revision default)",
      (field) => `env.${field} in the Helm values of chart istiod (release istiod)`,
      "meshConfig. in the Helm values of chart istiod (release istiod)",
    ],
    [
      "Argo CD, which renders the chart and keeps no release",
      {
        marks: {
          annotations: {
            "argocd.argoproj.io/tracking-id": "istio-berlin:apps/Deployment:istio-system/istiod",
          },
        },
      },
      "istiod (revision default)",
      (field) => `env.${field} in the Helm values of chart istiod (Argo CD Application istio-berlin)`,
      "meshConfig. in the Helm values of chart istiod (Argo CD Application istio-berlin)",
    ],
    [
      "Flux",
      {
        marks: {
          ...HELM,
          labels: {
            "helm.toolkit.fluxcd.io/name": "istiod",
            "helm.toolkit.fluxcd.io/namespace": "flux-system",
          },
        },
      },
      "istiod (revision default)",
      (field) => `env.${field} in the Helm values of chart istiod (Flux HelmRelease flux-system/istiod)`,
      "meshConfig. in the Helm values of chart istiod (Flux HelmRelease flux-system/istiod)",
    ],
    [
      "helm template and kubectl apply",
      { marks: {} },
      "istiod (revision default)",
      (field) => `env.${field} in the Helm values of chart istiod`,
      "meshConfig. in the Helm values of chart istiod",
    ],
    [
      "the Sail operator with strategy InPlace, whose Deployment has Helm's label too",
      { marks: sail("default") },
      "istiod (revision default)",
      (field) => `spec.values.pilot.env.${field} in the Sail operator's Istio default`,
      "spec.values.meshConfig. in the Sail operator's Istio default",
    ],
    [
      "OpenShift Service Mesh 3: an Istio of another name, and images by digest",
      { revision: "mesh", marks: sail("mesh"), image: `registry.redhat.io/pilot@sha256:${"ab".repeat(32)}` },
      "istiod-mesh (revision mesh)",
      (field) => `spec.values.pilot.env.${field} in the Sail operator's Istio mesh`,
      "spec.values.meshConfig. in the Sail operator's Istio mesh",
    ],
    [
      "the Sail operator with strategy RevisionBased",
      { revision: "default-v1-30-3", marks: sail("default-v1-30-3") },
      "istiod-default-v1-30-3 (revision default-v1-30-3)",
      (field) =>
        `spec.values.pilot.env.${field} in the Sail operator's Istio default (in IstioRevision default-v1-30-3, where that is not the active one)`,
      "spec.values.meshConfig. in the Sail operator's Istio default (in IstioRevision default-v1-30-3, where that is not the active one)",
    ],
    [
      "istioctl install",
      {
        marks: {
          labels: {
            "operator.istio.io/managed": "Reconcile",
            "operator.istio.io/version": "1.30.3",
            "install.operator.istio.io/owning-resource": "unknown",
            "install.operator.istio.io/owning-resource-namespace": "istio-system",
            release: "istio",
          },
        },
      },
      "istiod (revision default)",
      (field) => `spec.values.pilot.env.${field} in the IstioOperator file of istioctl install`,
      "spec.meshConfig. in the IstioOperator file of istioctl install",
    ],
    [
      "a tool that is not known",
      { marks: { labels: { "app.kubernetes.io/managed-by": "platform" } } },
      "istiod (revision default)",
      (field) =>
        `env.${field} in the Helm values of chart istiod (the Sail operator: spec.values.pilot.env.${field} in its Istio resource)`,
      "meshConfig. in the Helm values of chart istiod (the Sail operator: spec.values.meshConfig. in its Istio resource)",
    ],
  ];
  for (const [title, istiod, name, environment, meshConfig] of tools)
    it(`are read and can be joined, and faults name the owner's field: ${title}`, async () => {
      const { faults: none, mesh } = preflight(await read(server, [istiod]));
      assert.deepEqual(none, []);
      assert.deepEqual(
        mesh?.controlPlanes.map(({ controlPlane: { version } }) => version),
        ["1.30.3"],
      );
      const { SHARED_MESH_CONFIG, PILOT_SCOPE_GATEWAY_TO_NAMESPACE } = PREPARED;
      const env = { SHARED_MESH_CONFIG, PILOT_SCOPE_GATEWAY_TO_NAMESPACE };
      const { faults } = preflight(await read(server, [{ ...istiod, env, mesh: { enableAutoMtls: false } }]));
      const atMesh = (setting: string): string =>
        `Set ${meshConfig.replaceAll("meshConfig.", `meshConfig.${setting}`)}`;
      const place = `Deployment istio-system/${name}`;
      assert.deepEqual(faults, [
        `${place}: has no ISTIO_MULTIROOT_MESH, so it takes no trust anchors of peers. Set ${environment('ISTIO_MULTIROOT_MESH: "true"')}`,
        `${place}: has enableAutoMtls: false, so proxies would call imported services in plaintext. ${atMesh("enableAutoMtls: true")}`,
      ]);
    });

  describe("of a Sail operator that updates by revision", () => {
    const [old, young] = ["default-v1-29-2", "default-v1-30-3"].map((revision) => ({
      revision,
      marks: sail(revision),
    })) as [Istiod & { revision: string }, Istiod & { revision: string }];
    const tag = (name: string, revision: string) => webhook(revision, sail(name, "IstioRevisionTag"), name);
    const gatewayRevision = async (webhooks: object[], wanted?: string) => {
      const { faults, mesh } = preflight(await read(server, [old, young], webhooks), wanted);
      return faults.length > 0 ? faults.join("\n") : (mesh?.gatewayRevision ?? "the default one");
    };

    it("are both checked, and each fault names its own IstioRevision", async () => {
      const found = await read(server, [{ ...old, env: {} }, young], [tag("default", young.revision)]);
      const { faults } = preflight(found);
      assert.equal(faults.length, 1);
      assert.match(
        faults[0] ?? "",
        /^Deployment istio-system\/istiod-default-v1-29-2 .* in the Sail operator's Istio default \(in IstioRevision default-v1-29-2, where/,
      );
    });

    it("inject the gateway by IstioRevisionTag default, or by the one in the config", async () => {
      assert.equal(await gatewayRevision([tag("default", young.revision)]), "the default one");
      assert.equal(await gatewayRevision([tag("prod", old.revision)], "prod"), "prod");
      assert.match(
        await gatewayRevision([tag("prod", old.revision)]),
        /^istio\.existing\.revision: is missing.*there are default-v1-29-2, default-v1-30-3, prod/,
      );
    });
  });

  it("name the fields of the mesh config for its owner's tool in other faults", async () => {
    const faultOf = async (mesh: object, image?: string): Promise<string> => {
      const found = await read(server, [{ marks: sail("default"), mesh, ...(image && { image }) }]);
      return preflight(found).faults.join("\n");
    };
    assert.match(
      await faultOf({ discoverySelectors: [{ matchLabels: { "kubernetes.io/metadata.name": "x" } }] }),
      /to spec\.values\.meshConfig\.discoverySelectors in the Sail operator's Istio default/,
    );
    assert.match(
      await faultOf({ serviceEntryVisibility: { applyToSidecars: true, defaultVisibility: "NAMESPACE" } }),
      /first in spec\.values\.meshConfig\.serviceEntryVisibility\.policies in the Sail operator's Istio/,
    );
    assert.match(
      await faultOf({ caCertificates: [{ pem: "x" }] }),
      /Set spec\.values\.meshConfig\.caCertificates: \[\] in the Sail operator's Istio/,
    );
    assert.match(
      await faultOf({ enableAutoMtls: "x" }),
      /Correct spec\.values\.meshConfig in the Sail operator's Istio default$/,
    );
    const owned = await read(server, [{ marks: sail("default") }]);
    assert.match(
      preflight({ ...owned, sharedMeshConfigs: { "istio-federation": { labels: {} } } }).faults.join("\n"),
      /Move its settings to spec\.values\.meshConfig in the Sail operator's Istio default and delete it/,
    );
    assert.match(
      await faultOf({}, "docker.io/istio/pilot:1.25.1"),
      /Update Istio: spec\.version in the Sail operator's Istio default$/,
    );
  });

  const managed: [title: string, istiods: Istiod[], webhooks: object[], fault: RegExp][] = [
    [
      "AKS, by the webhook of aks-istio-system",
      [],
      [webhook("asm-1-29", {})],
      /^istio\.existing: is the Istio add-on of AKS.* AKS resets istiod's environment \(ISTIO_MULTIROOT_MESH\)/,
    ],
    [
      "AKS, with its Deployment, which sets SHARED_MESH_CONFIG by itself",
      [{ revision: "asm-1-29", marks: {}, env: { SHARED_MESH_CONFIG: "istio-shared-configmap-asm-1-29" } }],
      [],
      /^istio\.existing: is the Istio add-on of AKS/,
    ],
    [
      "Google",
      [],
      [webhook("asm-managed", {})],
      /^istio\.existing: is Google's managed control plane, which takes no trust anchors/,
    ],
  ];
  for (const [title, istiods, webhooks, fault] of managed)
    it(`are refused with the one reason when a cloud runs it: ${title}`, async () => {
      const { faults } = preflight(await read(server, istiods, webhooks));
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0] ?? "", fault);
    });

  it("are joined where Google's control plane runs in the cluster, with a revision of its own kind", async () => {
    const { faults } = preflight(await read(server, [{ revision: "asm-1215-3", marks: {} }]));
    assert.deepEqual(faults, []);
  });
});
