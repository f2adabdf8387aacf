import assert from "node:assert/strict";
import type { EditedObject } from "../../federation/editedObjects.ts";
import { provider } from "../../providers/editedObjects.ts";
import { type Answer, FORBIDDEN, NOT_FOUND, fakeApiServer } from "./support/fakeApiServer.ts";

const GATEWAY: EditedObject = {
  ...{ kind: "Gateway", namespace: "istio-gateway", name: "eastwestgateway", uid: "1", generation: 2 },
  spec: { selector: { istio: "eastwestgateway" }, servers: [{ hosts: ["bar"] }] },
};
const LATER = { ...GATEWAY, generation: 4 };
const PATH = "/apis/networking.istio.io/v1/namespaces/istio-gateway/gateways/eastwestgateway";
const CONFLICT: Answer = {
  status: 409,
  body: { kind: "Status", reason: "Conflict", message: "the object has been modified" },
};
const live = (spec: unknown): Answer => ({
  status: 200,
  body: { metadata: { name: GATEWAY.name, namespace: GATEWAY.namespace, resourceVersion: "7" }, spec },
});

describe("diff of EditedObjects", () => {
  const cases: [string, EditedObject[], EditedObject[], boolean][] = [
    ["has no change without edited objects", [], [], false],
    ["has no change after objects were restored", [GATEWAY], [], false],
    ["shows an edited object", [], [GATEWAY], true],
    ["shows the same edit once more", [GATEWAY], [LATER], true],
    ["shows the same edit of an object that was created again", [GATEWAY], [{ ...GATEWAY, uid: "2" }], true],
    ["has no change in a refresh", [GATEWAY], [GATEWAY], false],
  ];
  for (const [title, restored, found, changes] of cases) {
    it(title, async () => {
      const inputs = { kubeconfig: {}, found };
      assert.deepEqual(await provider.diff("id", { restored }, inputs), { changes });
    });
  }
});

describe("EditedObjects", () => {
  const server = fakeApiServer();
  const inputs = (...found: EditedObject[]) => ({ kubeconfig: server.kubeconfig, found });
  const update = (...found: EditedObject[]) => provider.update("id", { restored: [] }, inputs(...found));
  /** @param answers to writes, in order; then success. */
  const answer = (read: Answer, ...answers: Answer[]): void => {
    server.answerBy((request) => (request.startsWith("GET") ? read : (answers.shift() ?? live({}))));
  };
  const writes = () => server.requests.filter((request) => request.startsWith("PUT"));

  it("accept what the program finds, and nothing else", async () => {
    assert.deepEqual((await provider.check({}, inputs(GATEWAY))).failures, []);
    const wrong = { ...GATEWAY, kind: "Secret" } as unknown as EditedObject;
    assert.equal((await provider.check({}, inputs(wrong))).failures[0]?.property, "found[0].kind");
  });

  it("get their whole spec back", async () => {
    answer(live({ ...GATEWAY.spec, selector: {}, added: true }));
    assert.deepEqual(await update(GATEWAY), { outs: { restored: [GATEWAY] } });
    const [write = ""] = writes();
    assert.ok(write.startsWith(`PUT ${PATH}?fieldManager=istio-federation`), write);
  });

  it("get it when others write in between", async () => {
    answer(live({}), CONFLICT, CONFLICT);
    await update(GATEWAY);
    assert.equal(writes().length, 3);
  });

  it("are left where the plugin has restored or somebody deleted them", async () => {
    for (const found of [live(GATEWAY.spec), NOT_FOUND]) {
      answer(found);
      await update(GATEWAY);
      assert.deepEqual(writes(), []);
    }
  });

  it("stay to be restored by the next update when one cannot be written", async () => {
    answer(live({}), FORBIDDEN);
    const error: unknown = await update(GATEWAY, LATER).catch((reason: unknown) => reason);
    assert.ok(error instanceof Error && "properties" in error && "reasons" in error);
    assert.deepEqual(error.properties, { restored: [], __provider: undefined });
    assert.match(String(error.reasons), /replace Gateway istio-gateway\/eastwestgateway/);
    assert.equal(writes().length, 2);
  });

  it("need no cluster where there are none", async () => {
    const none = { kubeconfig: { path: "/nowhere" }, found: [] };
    assert.deepEqual(await provider.create(none), { id: "edited-objects", outs: { restored: [] } });
  });
});
