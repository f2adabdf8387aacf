import assert from "node:assert/strict";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { provider } from "../../providers/gatewayAddresses.ts";
import { fakeApiServer } from "./support/fakeApiServer.ts";

type Inputs = Parameters<typeof provider.create>[0];
type State = Parameters<typeof provider.diff>[1];

const HERE = { address: "203.0.113.10", port: 15443 };
const THERE = { address: "203.0.113.11", port: 15443 };
const SERVICE = {
  kubeconfig: {},
  namespace: "istio-gateway",
  service: "eastwestgateway",
  settings: { type: "LoadBalancer" as const, nodePort: 32000, annotations: {} },
  port: 15443,
};
const INPUTS: Inputs = { ...SERVICE, timeoutSeconds: 300 };
const FOUND: State = { ...SERVICE, addresses: [HERE] };
const NOT_YET: State = { ...SERVICE, addresses: [] };

describe("diff of GatewayAddresses", () => {
  const cases: [string, State, Partial<Record<keyof Inputs, unknown>>, boolean, string[]][] = [
    ["has no diff when the cluster could not be read", FOUND, {}, false, []],
    ["has no diff when the addresses are the same", FOUND, { observed: [HERE] }, false, []],
    ["updates when the addresses change", FOUND, { observed: [THERE] }, true, []],
    ["updates when an address is added", FOUND, { observed: [HERE, THERE] }, true, []],
    ["updates when all addresses are removed", FOUND, { observed: [] }, true, []],
    ["has no diff while there is no address", NOT_YET, { observed: [] }, false, []],
    ["updates when the first address appears", NOT_YET, { observed: [HERE] }, true, []],
    ["has no diff when only the timeout changes", FOUND, { timeoutSeconds: 1 }, false, []],
    ...Object.entries({
      type: "NodePort",
      nodePort: 32001,
      ipFamilies: ["IPv6"],
      ipFamilyPolicy: "PreferDualStack",
      externalTrafficPolicy: "Local",
      loadBalancerIP: "203.0.113.9",
      annotations: { internal: "true" },
    }).map(([field, value]): [string, State, Partial<Record<keyof Inputs, unknown>>, boolean, string[]] => [
      `updates when the Service's ${field} changes, whatever was read before the update`,
      FOUND,
      { settings: { ...SERVICE.settings, [field]: value }, observed: [HERE] },
      true,
      [],
    ]),
    [
      "has no diff when the settings are the same",
      FOUND,
      { settings: structuredClone(SERVICE.settings), observed: [HERE] },
      false,
      [],
    ],
    ["updates when the port changes", FOUND, { port: 15444 }, true, []],
    ["updates when the kubeconfig changes", FOUND, { kubeconfig: { context: "a" } }, true, []],
    ["is replaced for another Service", FOUND, { service: "other" }, true, ["service"]],
    ["is replaced for another namespace", FOUND, { namespace: "other" }, true, ["namespace"]],
    ["updates when the namespace is unknown", FOUND, { namespace: pulumi.runtime.unknownValue }, true, []],
  ];
  for (const [title, state, change, changes, replaces] of cases) {
    it(title, async () => {
      const news = { ...INPUTS, ...change } as Inputs;
      assert.deepEqual(await provider.diff("id", state, news), { changes, replaces });
    });
  }
});

describe("check of GatewayAddresses", () => {
  it("accepts valid inputs", async () => {
    assert.deepEqual((await provider.check({}, INPUTS)).failures, []);
  });

  it("reports all faults at once", async () => {
    const wrong = { ...INPUTS, namespace: "A", service: "", port: 0, timeoutSeconds: -1 };
    const { failures } = await provider.check({}, wrong);
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["namespace", "service", "port", "timeoutSeconds"],
    );
  });

  it("accepts unknown values", async () => {
    const unknown = pulumi.runtime.unknownValue as never;
    const { failures } = await provider.check({}, { ...INPUTS, namespace: unknown, port: unknown });
    assert.deepEqual(failures, []);
  });
});

describe("create of GatewayAddresses", () => {
  const server = fakeApiServer();

  afterEach(() => {
    mock.restoreAll();
  });

  const service = (ingress: object[]) => ({
    status: 200,
    body: { spec: { type: "LoadBalancer", ports: [{ port: 15443 }] }, status: { loadBalancer: { ingress } } },
  });
  const create = async (timeoutSeconds: number) =>
    (await provider.create({ ...INPUTS, kubeconfig: server.kubeconfig, timeoutSeconds })).outs.addresses;

  it("says what it waits for, and returns as soon as there is an address", async () => {
    const info = mock.method(console, "info", () => {});
    const warn = mock.method(console, "warn", () => {});
    server.answer(service([]), service([{ ip: HERE.address }]));
    assert.deepEqual(await create(60), [HERE]);
    assert.equal(server.requests.length, 2);
    assert.equal(warn.mock.callCount(), 0);
    assert.deepEqual(
      info.mock.calls.map(({ arguments: [line] }) => String(line).replace(/\d+ s/, "N s")),
      [
        "gateway istio-gateway/eastwestgateway: Service istio-gateway/eastwestgateway has no load balancer address yet; waits for up to N s more",
      ],
    );
  });

  it("reads once with a timeout of 0, and warns of the missing address", async () => {
    const warn = mock.method(console, "warn", () => {});
    server.answer(service([]));
    assert.deepEqual(await create(0), []);
    assert.equal(server.requests.length, 1);
    assert.match(
      String(warn.mock.calls[0]?.arguments[0]),
      /^gateway istio-gateway\/eastwestgateway: .* has no load balancer address after 0 s\. Peers wait/,
    );
  });

  it("rejects when the cluster cannot be read", async () => {
    server.answer({ status: 403, body: { kind: "Status", message: "no" } });
    await assert.rejects(create(60), /cannot get Service istio-gateway\/eastwestgateway: 403/);
  });
});
