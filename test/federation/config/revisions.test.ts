import assert from "node:assert/strict";
import { parseConfig } from "../../../federation/config/stackConfig.ts";
import { newestCharts, revisionsOf } from "../../../federation/core/revision.ts";
import { KUBECONFIG, LOCAL_CLUSTER, configFaults, validConfig } from "../samples.ts";

const charts = { version: "1.30.2" };
const shared = { certificateAuthority: { source: "shared", shared: { stack: "root" } } };
const single = {
  ...{
    ...shared,
    topology: "single-mesh",
    singleMesh: { meshId: "m", apiServer: { server: "https://a.example" } },
  },
};
const tags = (...revisionTags: string[]) => ({ istiod: { revisionTags } });
const calls = (address: string) => ({
  istiod: { meshConfig: { defaultConfig: { discoveryAddress: address } } },
});
const OWN_TAGS = "istio.values.istiod.revisionTags";
const FORMER_TAGS = "istio.former.values.istiod.revisionTags";
const ADDRESS = "istio.values.istiod.meshConfig.defaultConfig.discoveryAddress";

/** Config, and the paths of its faults. */
const TABLE: readonly [string, Record<string, unknown>, string[]][] = [
  ["a name", { istio: { revision: "1-31" } }, []],
  ["Istio's name of the unnamed revision", { istio: { revision: "default" } }, []],
  ["a version", { istio: { revision: "1.31.1" } }, ["istio.revision"]],
  ["a version that YAML reads as a number", { istio: { revision: 1.31 } }, ["istio.revision"]],
  ["an empty name", { istio: { revision: "" } }, ["istio.revision"]],
  ["46 characters", { istio: { revision: "a".repeat(46) } }, []],
  ["47 characters", { istio: { revision: "a".repeat(47) } }, ["istio.revision"]],
  ["the name of the roots' ConfigMap", { istio: { revision: "ca-root-cert" } }, ["istio.revision"]],
  ["the name of injectors' ConfigMaps", { istio: { revision: "sidecar-injector-1-30" } }, ["istio.revision"]],
  [
    "the name of a lock of istiods",
    { istio: { revision: "namespace-controller-election" } },
    ["istio.revision"],
  ],
  ["the name of Istio's remote Service", { istio: { revision: "remote" } }, ["istio.revision"]],
  ["a former revision", { istio: { revision: "1-31", former: { revision: "1-30", charts } } }, []],
  ["the unnamed one as the former", { istio: { revision: "1-31", former: { charts } } }, []],
  ["the way back", { istio: { former: { revision: "1-31", charts } } }, []],
  ["a former one without charts", { istio: { revision: "1-31", former: {} } }, ["istio.former.charts"]],
  ["the unnamed one twice", { istio: { former: { charts } } }, ["istio.former"]],
  [
    "one name twice",
    { istio: { revision: "1-31", former: { revision: "1-31", charts } } },
    ["istio.former.revision"],
  ],
  [
    "values of the former one that contradict the program",
    {
      istio: {
        revision: "1-31",
        former: {
          charts,
          values: { istiod: { revision: "x", pilot: { env: { ISTIO_MULTIROOT_MESH: "no" } } } },
        },
      },
    },
    ["istio.former.values.istiod.revision", "istio.former.values.istiod.pilot.env.ISTIO_MULTIROOT_MESH"],
  ],
  ["tags", { istio: { revision: "1-31", values: tags("default", "prod") } }, []],
  ["a tag with its own name", { istio: { revision: "1-31", values: tags("1-31") } }, [OWN_TAGS]],
  [
    "a tag beside the unnamed one's name",
    { istio: { revision: "default", values: tags("default") } },
    [OWN_TAGS],
  ],
  [
    "a tag with the name of the former one, which it is moved to",
    { istio: { revision: "1-31", values: tags("default"), former: { charts, values: {} } } },
    [OWN_TAGS],
  ],
  [
    "a tag in the values of both",
    { istio: { revision: "1-31", values: tags("prod"), former: { revision: "1-30", charts } } },
    [FORMER_TAGS],
  ],
  [
    "a tag that is moved",
    {
      istio: {
        revision: "1-31",
        values: tags("prod"),
        former: { revision: "1-30", charts, values: { istiod: {} } },
      },
    },
    [],
  ],
  [
    "the unnamed one's address",
    { istio: { revision: "1-31", values: calls("istiod.istio-system.svc:15012") } },
    [ADDRESS],
  ],
  [
    "the unnamed one's address where it is meant",
    { istio: { values: calls("istiod.istio-system.svc:15012") } },
    [],
  ],
  [
    "the unnamed one's address of a named former one, which has the same values",
    {
      istio: {
        values: calls("istiod.istio-system.svc:15012"),
        former: { revision: "1-30", charts },
      },
    },
    [ADDRESS],
  ],
  [
    "the unnamed one's injector",
    {
      istio: {
        revision: "1-31",
        values: {
          istiod: { istiodRemote: { injectionURL: "https://istiod.istio-system.svc:15017/inject" } },
        },
      },
    },
    ["istio.values.istiod.istiodRemote.injectionURL"],
  ],
  [
    "the unnamed one as the gateway's certificate authority",
    {
      istio: { revision: "1-31" },
      gateway: { values: { env: { CA_ADDR: "istiod.istio-system.svc:15012" } } },
    },
    ["gateway.values.env.CA_ADDR"],
  ],
  ["a single mesh of the unnamed one", single, []],
  ["a single mesh", { ...single, istio: { revision: "1-31" } }, ["istio.revision"]],
  [
    "a single mesh with a former one",
    { ...single, istio: { former: { revision: "1-30", charts } } },
    ["istio.former"],
  ],
  ["replicated control planes", { ...shared, topology: "replicated", istio: { revision: "1-31" } }, []],
  ["an Istio that is there", { istio: { revision: "1-31", existing: {} } }, ["istio.revision"]],
  [
    "an Istio that is there, with a former one",
    { istio: { former: { revision: "x", charts }, existing: {} } },
    ["istio.former"],
  ],
];

describe("istio.revision", () => {
  for (const [what, raw, expected] of TABLE)
    it(`${expected.length === 0 ? "may be" : "is refused for"} ${what}`, () => {
      const config = { cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, ...raw };
      assert.deepEqual(
        parseConfig(config, "cluster-a").faults.map(({ path }) => path),
        expected,
      );
    });

  it("has the values of both revisions, which are the same by default", () => {
    const istio = (former: object) =>
      validConfig(
        {
          ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG },
          istio: { revision: "1-31", values: { istiod: { a: 1 } }, former: { charts, ...former } },
        },
        "cluster-a",
      ).istio;
    assert.deepEqual(
      revisionsOf(istio({})).map(({ revision, values }) => [revision, values]),
      [
        ["default", { a: 1 }],
        ["1-31", { a: 1 }],
      ],
    );
    const [former] = revisionsOf(istio({ values: { istiod: { pilot: { b: 2 } } } }));
    assert.deepEqual(former?.values, { b: 2 });
  });

  it("has the CRDs of the newer charts, also on the way back; of folders those of the revision", () => {
    const crds = (own: object, former: object | undefined) => {
      const raw = { ...{ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG } };
      const istio = {
        revision: "b",
        charts: own,
        ...(former && { former: { revision: "a", charts: former } }),
      };
      return newestCharts(validConfig({ ...raw, istio }, "cluster-a").istio);
    };
    const of = (version: string) => ({ version });
    for (const [own, former, expected] of [
      [of("1.31.1"), of("1.30.2"), "1.31.1"],
      [of("1.30.2"), of("1.31.1"), "1.31.1"],
      [of("1.9.10"), of("1.10.1"), "1.10.1"],
      [of("v1.30.10"), of("1.30.9"), "v1.30.10"],
      [of("1.30.2"), undefined, "1.30.2"],
    ] as const) {
      const found = crds(own, former);
      assert.equal("version" in found && found.version, expected);
    }
    assert.deepEqual(crds({ folder: "b" }, { folder: "a" }), { folder: "b" });
    assert.deepEqual(crds({ folder: "b" }, of("1.31.1")), { folder: "b" });
  });

  it("checks values of both where a check of another section needs them, once where they are the same", () => {
    const values = (ttl: string) => ({ istiod: { env: { DEFAULT_WORKLOAD_CERT_TTL: ttl } } });
    const path = "certificateAuthority.workloadCertificateHours";
    const faults = (istio: object) => configFaults({ istio: { revision: "1-31", ...istio } });
    assert.deepEqual(faults({ values: values("48h"), former: { charts } }), [path]);
    assert.deepEqual(faults({ former: { charts, values: values("48h") } }), [path]);
  });
});
