import assert from "node:assert/strict";
import { readRevisions } from "../../discovery/revisions.ts";
import type { StateContent } from "../../discovery/stacks.ts";
import { istiodRelease } from "../../federation/core/revision.ts";
import { ClusterClient } from "../../kubernetes/client.ts";
import { KUBECONFIG, LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import { fakeApiServer, listOf } from "../providers/support/fakeApiServer.ts";

const istiod = (revision: string) => ({
  metadata: { name: `istiod-${revision}`, labels: { app: "istiod", "istio.io/rev": revision } },
});
const pod = (
  name: string,
  annotations: Record<string, string>,
  phase = "Running",
  metadata: object = {},
) => ({
  metadata: { namespace: "abc", name, annotations, ...metadata },
  status: { phase },
});
const injected = (revision: string) => ({
  "sidecar.istio.io/status": JSON.stringify({ containers: ["istio-proxy"], revision }),
});

describe("readRevisions", () => {
  const server = fakeApiServer();
  const charts = { version: "1.30.2" };

  /** @param known releases of istiod in the stack's state; undefined when the state cannot be read. */
  async function read(istio: object, lists: Record<string, object[]>, known: string[] | undefined) {
    server.answerBy((request) => listOf(lists[/\/([a-z]+)\?/.exec(request)?.[1] ?? ""] ?? []));
    const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, istio }, "cluster-a");
    let asked = 0;
    const state = (): Promise<StateContent | undefined> => {
      asked++;
      return Promise.resolve(known && { releases: known.map(istiodRelease), objects: [] });
    };
    const client = await ClusterClient.connect(server.kubeconfig);
    return { asked: () => asked, value: await readRevisions(client, config, state) };
  }

  it("lists the istiods alone where the config names all of them", async () => {
    const { value, asked } = await read(
      { revision: "1-31" },
      { deployments: [istiod("1-31")], pods: [pod("x", injected("1-31"))] },
      [],
    );
    assert.deepEqual(value, { removed: [], proxies: [], namespaces: {}, injectors: [] });
    assert.deepEqual([asked(), server.requests.filter((request) => request.includes("?")).length], [0, 1]);
  });

  for (const [what, known, removed] of [
    ["the stack's state has", ["default", "1-30"], ["1-30", "default"]],
    ["somebody else installed", ["1-31"], []],
    ["are in a state that cannot be read", undefined, ["1-30", "default"]],
  ] as const)
    it(`${removed.length === 0 ? "leaves out" : "has"} other revisions that ${what}`, async () => {
      const deployments = [istiod("1-30"), istiod("1-31"), { metadata: { name: "istiod", labels: {} } }];
      const found = await read({ revision: "1-31" }, { deployments }, known && [...known]);
      assert.deepEqual(found.value.removed, removed);
    });

  it("has the running Pods of the former revision, by what injected or made them", async () => {
    const pods = [
      pod("sidecar", injected("1-30")),
      pod("gateway-api", { "istio.io/rev": "1-30" }),
      pod("by-tag", { ...injected("1-30"), "istio.io/rev": "prod" }),
      pod("moved", injected("1-31")),
      pod("done", injected("1-30"), "Succeeded"),
      pod("failed", injected("1-30"), "Failed"),
      pod("leaving", injected("1-30"), "Running", { deletionTimestamp: "2026-12-01T10:00:00Z" }),
      pod("plain", {}),
      pod("odd", { "sidecar.istio.io/status": "{" }),
    ];
    const webhook = (labels: object) => ({ metadata: { name: "x", labels } });
    const { value } = await read(
      { revision: "1-31", former: { revision: "1-30", charts } },
      {
        deployments: [istiod("1-30")],
        pods,
        namespaces: [
          { metadata: { name: "abc", labels: { "istio.io/rev": "prod" } } },
          { metadata: { name: "x" } },
        ],
        mutatingwebhookconfigurations: [
          webhook({ "istio.io/rev": "1-30" }),
          webhook({ "istio.io/rev": "1-30", "istio.io/tag": "prod" }),
        ],
      },
      [],
    );
    const of = (name: string) => ({ namespace: "abc", name, revision: "1-30" });
    assert.deepEqual(value, {
      removed: [],
      proxies: ["sidecar", "gateway-api", "by-tag"].map(of),
      namespaces: { abc: { "istio.io/rev": "prod" }, x: {} },
      injectors: [
        { revision: "1-30", tag: undefined },
        { revision: "1-30", tag: "prod" },
      ],
    });
    assert.ok(
      server.requests.some((request) =>
        decodeURIComponent(request).includes("labelSelector=service.istio.io/canonical-name"),
      ),
    );
  });
});
