import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { FaultsError } from "../../../federation/core/fault.ts";
import { type ExistingMesh, validateInstalled } from "../../../federation/existing/existingMesh.ts";
import { type MeshUse, joinedMesh, planJoin } from "../../../federation/existing/joinPlan.ts";
import { existingPlan } from "../../../federation/authority/authority.ts";
import type { InstalledIstio } from "../../../federation/existing/installedIstio.ts";
import { runPart } from "../planContext.ts";
import { ROOT_A, ROOT_B } from "../samples.ts";
import { JOINABLE, controlPlane, installed, joiningConfig, withMesh } from "./installation.ts";

const validate = (found: Partial<InstalledIstio>, config = joiningConfig()) =>
  runPart(
    config,
    { snapshot: { cluster: { installation: { value: installed(found) } } } },
    validateInstalled,
  );

/** All faults, as `path: value rule. Remedy`; none when the mesh can be joined. */
function faultsOf(found: Partial<InstalledIstio>, config = joiningConfig()): string[] {
  try {
    validate(found, config);
    return [];
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return error.faults.map(
      ({ path, value = "", rule, remedy }) => `${path}: ${String(value)} ${rule}. ${remedy}`,
    );
  }
}

const without = (...names: (keyof typeof JOINABLE)[]) =>
  Object.fromEntries(Object.entries(JOINABLE).filter(([name]) => !names.includes(name as never)));

describe("An Istio of somebody else", () => {
  it("can be joined, with a note of what is there", () => {
    const { result, notes, warnings } = validate({});
    assert.deepEqual(warnings, []);
    assert.deepEqual(notes, [
      "Istio 1.31.1 (revision default, cluster ID Kubernetes) is there: trust domain cluster-a.mesh, cluster domain cluster-a.local, certificate authority self-signed by istiod",
    ]);
    const { rootCertificates, sharedMeshConfigs, gatewayRevision, namespaceLabels } = result ?? ({} as never);
    assert.deepEqual(
      { rootCertificates, sharedMeshConfigs, gatewayRevision, namespaceLabels },
      {
        rootCertificates: [ROOT_A],
        sharedMeshConfigs: ["istio-federation"],
        gatewayRevision: undefined,
        namespaceLabels: { "istio-federation": {}, "istio-gateway": {} },
      },
    );
  });

  const refused: [title: string, found: Partial<InstalledIstio>, fault: RegExp][] = [
    [
      "takes no second root and reads no second mesh config, in one change",
      { controlPlanes: [controlPlane({ environment: {} })], sharedMeshConfigs: {} },
      /^Deployment istio-system\/istiod \(revision default\): {2}has no ISTIO_MULTIROOT_MESH and no SHARED_MESH_CONFIG, so it takes no trust anchors of peers\. Set env\.ISTIO_MULTIROOT_MESH: "true" and env\.SHARED_MESH_CONFIG: "istio-federation" in the Helm values of chart istiod$/,
    ],
    [
      "trusts others by its own mesh config, which would replace ours",
      { controlPlanes: [withMesh({ caCertificates: [{ pem: "?" }] })] },
      /has caCertificates in its own mesh config \(1\), which replace the trust anchors/,
    ],
    ["has auto mTLS off", { controlPlanes: [withMesh({ enableAutoMtls: false })] }, /enableAutoMtls: false/],
    [
      "has it off by protobuf's name",
      { controlPlanes: [withMesh({ enable_auto_mtls: false })] },
      /enableAutoMtls: false/,
    ],
    [
      "has control planes with several root namespaces",
      {
        controlPlanes: [controlPlane(), withMesh({ rootNamespace: "mesh" }, { name: "istiod-b" })],
      },
      /^Deployment istio-system\/istiod-b .*mesh is its root namespace, and 'istio-system' that of Deployment istio-system\/istiod \(revision default\)\. Set meshConfig\.rootNamespace: istio-system in/,
    ],
    ["is too old", { controlPlanes: [controlPlane({ version: "1.25.9" })] }, /1\.25\.9 is too old/],
    [
      "has a mesh config that is no YAML",
      { controlPlanes: [controlPlane({ meshConfig: "a: b: c" })] },
      /mesh config that cannot be parsed/,
    ],
    [
      "has another trust domain than the config",
      { controlPlanes: [withMesh({ trustDomain: "cluster.local" })] },
      /^cluster\.trustDomain: cluster-a\.mesh is not 'cluster\.local'/,
    ],
    [
      "has another cluster domain than the config",
      { controlPlanes: [controlPlane({ arguments: ["discovery", "--domain=b.local"] })] },
      /^cluster\.domain: cluster-a\.local is not 'b\.local'/,
    ],
    [
      "has another network than the config",
      { controlPlanes: [controlPlane({ injectorValues: { global: { network: "west" } } })] },
      /^cluster\.network: cluster-a is not 'west'/,
    ],
    [
      "has another network, by its namespace's label",
      { network: "east" },
      /^cluster\.network: cluster-a is not 'east'/,
    ],
    [
      "has a second control plane without the anchors",
      {
        controlPlanes: [
          controlPlane(),
          controlPlane({
            name: "istiod-canary",
            revision: "canary",
            environment: without("SHARED_MESH_CONFIG"),
          }),
        ],
      },
      /^Deployment istio-system\/istiod-canary \(revision canary\): {2}has no SHARED_MESH_CONFIG/,
    ],
    [
      "has no istiod in the namespace",
      { namespace: "mesh-system", controlPlanes: [], injectors: [] },
      /replicas in namespace mesh-system\. Write istio\.existing\.namespace, the namespace of istiod; or remove/,
    ],
    [
      "has an istiod elsewhere that takes no anchors",
      { controlPlanes: [controlPlane({ namespace: "mesh-system", environment: {} })] },
      /^Deployment mesh-system\/istiod \(revision default\)/,
    ],
    ["has no istiod", { controlPlanes: [], injectors: [] }, /^istio\.existing: {2}finds no istiod/],
    [
      "is Google's",
      { controlPlanes: [], injectors: [{ revision: "asm-managed-rapid", tag: undefined }] },
      /^istio\.existing: asm-managed-rapid is Google's managed control plane/,
    ],
    [
      "has no root yet",
      { rootCertificates: undefined },
      /^ConfigMap istio-system\/istio-ca-root-cert: {2}has no root certificate/,
    ],
    [
      "has a second mesh config of somebody else",
      { sharedMeshConfigs: { "istio-federation": { labels: {} } } },
      /^ConfigMap istio-system\/istio-federation: {2}is what SHARED_MESH_CONFIG names and is somebody else's/,
    ],
    [
      "discovers none of our namespaces by any label",
      {
        controlPlanes: [
          withMesh({ discoverySelectors: [{ matchLabels: { "kubernetes.io/metadata.name": "x" } }] }),
        ],
      },
      /has\/have discoverySelectors that no labels of namespace istio-gateway match/,
    ],
    [
      "hides all ServiceEntries",
      {
        controlPlanes: [
          withMesh({ serviceEntryVisibility: { applyToSidecars: true, defaultVisibility: "NAMESPACE" } }),
        ],
      },
      /NAMESPACE is what its serviceEntryVisibility gives ServiceEntries in namespace istio-federation/,
    ],
    [
      "has several revisions and no default one",
      {
        controlPlanes: [
          controlPlane({ name: "istiod-a", revision: "a" }),
          controlPlane({ name: "istiod-b", revision: "b" }),
        ],
      },
      /^istio\.existing\.revision: {2}is missing, and no revision is the default one: there are a, b/,
    ],
  ];
  for (const [title, found, fault] of refused)
    it(`is refused when it ${title}`, () => {
      const [first = "", ...others] = faultsOf(found).filter((text) => fault.test(text));
      assert.match(first, fault, faultsOf(found).join("\n"));
      assert.deepEqual(others, []);
    });

  it("is refused for all reasons at once", () => {
    const first = withMesh({ enableAutoMtls: false }, { environment: {} });
    const second = withMesh(
      { rootNamespace: "mesh" },
      { name: "istiod-b", revision: "b", version: "1.20.1" },
    );
    assert.equal(faultsOf({ controlPlanes: [first, second], rootCertificates: "" }).length, 5);
  });

  it("is refused where imports would have no addresses, unless proxies allot them", () => {
    const environment = { ...JOINABLE, PILOT_ENABLE_IP_AUTOALLOCATE: "false" };
    const config = joiningConfig({ peers: { "cluster-b": { stack: "b" } } });
    const proxyMetadata = { ISTIO_META_DNS_AUTO_ALLOCATE: "true" };
    const found = (mesh: object) => ({ controlPlanes: [withMesh(mesh, { environment })] });
    assert.match(faultsOf(found({}), config).join(), /PILOT_ENABLE_IP_AUTOALLOCATE/);
    assert.deepEqual(faultsOf(found({ defaultConfig: { proxyMetadata } }), config), []);
    assert.deepEqual(faultsOf(found({})), []);
  });

  it("is refused while it cannot be read", () => {
    const read = (installation: object) => () =>
      runPart(
        joiningConfig(),
        { snapshot: { cluster: { installation: installation as never } } },
        validateInstalled,
      );
    assert.throws(read({ unreachable: "no answer" }), /istio\.existing: cannot be read.*no answer/);
    const fault = { path: "kubeconfig.context", rule: "may not list deployments", remedy: "Grant it" };
    assert.throws(read({ forbidden: "list deployments", fault }), /may not list deployments/);
  });

  it("has warnings for what only limits", () => {
    const { warnings } = validate({
      controlPlanes: [
        controlPlane({ version: "1.40.0", environment: without("PILOT_SCOPE_GATEWAY_TO_NAMESPACE") }),
      ],
    });
    assert.match(warnings[0] ?? "", /1\.40\.0 is newer than the program was tested with: 1\.26 to 1\.31/);
    assert.match(warnings[1] ?? "", /PILOT_SCOPE_GATEWAY_TO_NAMESPACE.*Set env\./);
    assert.equal(warnings.length, 2);
  });

  it("gets labels for our namespaces by which each control plane sees them", () => {
    const selecting = (...discoverySelectors: object[]) => withMesh({ discoverySelectors });
    const labelsFor = (...controlPlanes: ReturnType<typeof controlPlane>[]) =>
      validate({ controlPlanes }).result?.namespaceLabels["istio-gateway"];
    assert.deepEqual(labelsFor(selecting({ matchLabels: { mesh: "a" } }, { matchLabels: { mesh: "b" } })), {
      mesh: "a",
    });
    const inOne = { matchExpressions: [{ key: "mesh", operator: "In", values: ["b", "a"] }] };
    assert.deepEqual(
      labelsFor(selecting({ matchLabels: { mesh: "a" } }), {
        ...selecting(inOne, { matchLabels: { mesh: "a", x: "y" } }),
        name: "istiod-b",
      }),
      { mesh: "a" },
    );
    const notIn = { matchExpressions: [{ key: "mesh", operator: "NotIn", values: ["none"] }] };
    assert.deepEqual(labelsFor(selecting(notIn)), {});
  });

  it("must see the namespace of the gateway that serves the contract too", () => {
    const publish = { host: "contracts.a.example", credentialName: "contracts" };
    const selecting = (name: string) =>
      withMesh({ discoverySelectors: [{ matchLabels: { "kubernetes.io/metadata.name": name } }] });
    const own = ["istio-gateway", "istio-federation"].map(
      (name) => selecting(name).meshConfig as { discoverySelectors: object[] },
    );
    const seeing = withMesh({
      discoverySelectors: own.flatMap(({ discoverySelectors }) => discoverySelectors),
    });
    assert.deepEqual(faultsOf({ controlPlanes: [seeing] }), []);
    assert.match(
      faultsOf({ controlPlanes: [seeing] }, joiningConfig({ publish })).join(),
      /has\/have discoverySelectors that no labels of namespace istio-publish match together/,
    );
    const labelled = withMesh({ discoverySelectors: [{ matchLabels: { mesh: "a" } }] });
    const { result } = validate({ controlPlanes: [labelled] }, joiningConfig({ publish }));
    assert.deepEqual(result?.namespaceLabels["istio-publish"], { mesh: "a" });
  });

  it("injects the gateway by the default revision or tag, the only one, or the one in the config", () => {
    const revisionOf = (found: Partial<InstalledIstio>, revision?: string) =>
      validate(found, joiningConfig({ istio: { existing: revision === undefined ? {} : { revision } } }))
        .result?.gatewayRevision;
    const canary = controlPlane({ name: "istiod-canary", revision: "canary" });
    assert.equal(revisionOf({ controlPlanes: [canary] }), "canary");
    assert.equal(revisionOf({ controlPlanes: [controlPlane(), canary] }), undefined);
    const tags = [
      { revision: "canary", tag: undefined },
      { revision: "canary", tag: "stable" },
    ];
    assert.equal(revisionOf({ controlPlanes: [canary], injectors: tags }, "stable"), "stable");
    assert.match(
      faultsOf({ injectors: tags }, joiningConfig({ istio: { existing: { revision: "x" } } })).join(),
      /istio\.existing\.revision: x is no revision or tag that injects sidecars: there are canary, stable/,
    );
  });
});

describe("The defaults of an existing mesh", () => {
  const defaults = (...meshes: object[]) => {
    const controlPlanes = meshes.map((mesh, index) => withMesh(mesh, { name: `istiod-${index}` }));
    return joinedMesh(validate({ controlPlanes }).result!);
  };

  it("are those of Istio", () => {
    const { mutualTls, serviceExportTo } = defaults({});
    assert.deepEqual([mutualTls.mode, serviceExportTo], ["PERMISSIVE", ["*"]]);
  });

  it("have the mesh's root namespace", () => {
    const { rootNamespace, mutualTls } = defaults({ rootNamespace: "mesh" });
    assert.deepEqual([rootNamespace, mutualTls.by], ["mesh", "mesh (none is there: Istio's default)"]);
  });

  it("are the strictest of the control planes", () => {
    assert.deepEqual(defaults({}, { defaultServiceExportTo: ["."] }).serviceExportTo, ["."]);
  });

  it("hide DestinationRules where all control planes do", () => {
    const hidden = { defaultDestinationRuleExportTo: ["."] };
    assert.deepEqual(defaults({}, hidden).destinationRuleExportTo, ["*"]);
    assert.deepEqual(defaults(hidden, hidden).destinationRuleExportTo, ["."]);
  });
});

describe("Joining a mesh", () => {
  const join = (found: Partial<InstalledIstio>, use: Partial<MeshUse>, trustDomain = "cluster-b.local") => {
    const pinned = { "cluster-b": { clusterDomain: "b.local", trustDomain, rootCertificates: [ROOT_B] } };
    return runPart(
      joiningConfig(),
      { snapshot: { cluster: { installation: { value: installed(found) } } } },
      (context) => {
        const mesh = validateInstalled(context) as ExistingMesh;
        return planJoin(
          existingPlan(mesh.rootCertificates, undefined),
          mesh,
          { exporting: [], importing: [], isFiltered: false, ...use },
          pinned,
          context,
        );
      },
    );
  };
  const BOTH = { PROXY_CONFIG_XDS_AGENT: "true", ISTIO_META_DNS_CAPTURE: "true" };
  const proxy = (namespace: string, name: string, variables: string[] = []) => ({
    namespace,
    name,
    variables,
  });

  it("puts a ProxyConfig into each namespace that calls or exports, and names the Pods to restart", () => {
    const proxies = [
      proxy("abc", "foo-1"),
      proxy("other", "x"),
      proxy("client", "y", ["ISTIO_META_DNS_CAPTURE"]),
    ];
    const { result, warnings } = join({ proxies }, { exporting: ["abc"], importing: ["client", "abc"] });
    assert.deepEqual(result.proxyConfigs, ["abc", "client"]);
    assert.deepEqual(result.restarts, ["abc/foo-1", "client/y"]);
    assert.match(warnings.join(), /2 Pod\(s\) have no trust anchors.*abc\/foo-1, client\/y/);
  });

  it("needs no ProxyConfig where the mesh has the variables for all, in its config or root namespace", () => {
    const byConfig = { controlPlanes: [withMesh({ defaultConfig: { proxyMetadata: BOTH } })] };
    const byRoot = {
      proxyConfigs: [
        { namespace: "istio-system", name: "all", labels: {}, created: "2026-01-01", environment: BOTH },
      ],
    };
    const byOtherRoot = {
      controlPlanes: [withMesh({ rootNamespace: "mesh" })],
      proxyConfigs: byRoot.proxyConfigs.map((each) => ({ ...each, namespace: "mesh" })),
    };
    for (const found of [byConfig, byRoot, byOtherRoot]) {
      const { result, warnings } = join(found, { exporting: ["abc"], importing: ["*"] });
      assert.deepEqual([result.proxyConfigs, warnings], [[], []]);
    }
  });

  it("is refused where an older ProxyConfig of somebody else decides, unless it has the variables", () => {
    const other = (environment: Record<string, string>) => ({
      proxyConfigs: [{ namespace: "abc", name: "team", labels: {}, created: "2026-01-01", environment }],
    });
    assert.throws(
      () => join(other({ PROXY_CONFIG_XDS_AGENT: "true" }), { exporting: ["abc"] }),
      /ProxyConfig abc\/team: is older .* does not set ISTIO_META_DNS_CAPTURE/,
    );
    assert.deepEqual(join(other(BOTH), { exporting: ["abc"] }).result.proxyConfigs, []);
  });

  it("keeps its ProxyConfig beside a younger one of somebody else, which Istio ignores", () => {
    const labels = { "app.kubernetes.io/managed-by": "istio-federation" };
    const own = {
      namespace: "abc",
      name: "istio-federation",
      labels,
      created: "2026-01-01",
      environment: BOTH,
    };
    const younger = { namespace: "abc", name: "team", labels: {}, created: "2026-01-02", environment: {} };
    const { result } = join({ proxyConfigs: [younger, own] }, { exporting: ["abc"] });
    assert.deepEqual(result.proxyConfigs, ["abc"]);
  });

  it("is refused where a Sidecar hides imports from a namespace that is to call them, and warns of others", () => {
    const scope = (namespace: string, ...hosts: string[]) => ({ namespace, name: "default", hosts });
    const [root, own] = [scope("istio-system", "./*", "istio-system/*"), scope("client", "./*")];
    const hidden =
      /Sidecar istio-system\/default: limits the proxies of namespace client to .* Add 'istio-federation\/\*'/;
    assert.throws(() => join({ sidecars: [root] }, { importing: ["client"] }), hidden);
    for (const open of [
      scope("client"),
      scope("client", "*/*"),
      scope("client", "./*", "istio-federation/*"),
    ])
      join({ sidecars: [root, open] }, { importing: ["client"] });
    join({ sidecars: [root, own] }, { importing: [] });
    const controlPlanes = [withMesh({ rootNamespace: "mesh" })];
    join({ sidecars: [root], controlPlanes }, { importing: ["client"] });
    assert.throws(
      () => join({ sidecars: [scope("mesh", "./*")], controlPlanes }, { importing: ["client"] }),
      /Sidecar mesh\/default: limits the proxies of namespace client/,
    );
    const { warnings } = join({ sidecars: [root, own] }, { importing: ["*"] });
    assert.match(
      warnings.join("\n"),
      /Sidecar istio-system\/default.*all namespaces without one[^]*Sidecar client\/default/,
    );
    assert.match(
      join({ sidecars: undefined }, { importing: ["*"] }).warnings.join(),
      /may not list sidecars/,
    );
  });

  it("warns of imports that namespaces without a ProxyConfig see", () => {
    assert.match(
      join({}, { importing: ["*"] }).warnings.join(),
      /workloads of others cannot call them.*set meshConfig\.defaultConfig\.proxyMetadata: \{.*\} in the Helm values/,
    );
  });

  it("is refused where a peer's trust domain is an alias of ours", () => {
    const controlPlanes = [withMesh({ trustDomainAliases: ["cluster-b.local"] })];
    assert.throws(
      () => join({ controlPlanes }, {}),
      /cluster-b\.local" is among its trustDomainAliases and the trust domain of peer cluster-b/,
    );
    join({ controlPlanes }, {}, "b.mesh");
  });

  it("is refused where istiod does not see a namespace that exports", () => {
    const controlPlanes = [withMesh({ discoverySelectors: [{ matchLabels: { mesh: "a" } }] })];
    assert.throws(() => join({ controlPlanes }, { exporting: ["abc"] }), /discoverySelectors.*\(abc\)/);
    join({ controlPlanes, namespaces: { abc: { mesh: "a" } } }, { exporting: ["abc"] });
  });

  it("is refused where istiod does not see the EnvoyFilter that pins a trust domain", () => {
    const controlPlanes = [withMesh({ discoverySelectors: [{ matchLabels: { mesh: "a" } }] })];
    join({ controlPlanes }, {});
    assert.throws(
      () => join({ controlPlanes }, { isFiltered: true }),
      /do not match namespace istio-system, so it does not see the EnvoyFilter/,
    );
    join({ controlPlanes, namespaces: { "istio-system": { mesh: "a" } } }, { isFiltered: true });
    join({}, { isFiltered: true });
    const other = [withMesh({ rootNamespace: "mesh", discoverySelectors: [{ matchLabels: { mesh: "a" } }] })];
    join({ controlPlanes: other, namespaces: { mesh: { mesh: "a" } } }, { isFiltered: true });
  });
});
