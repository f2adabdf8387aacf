import assert from "node:assert/strict";
import type { ClusterClient } from "../../../kubernetes/client.ts";
import { applyImports } from "../../../providers/importedServices/apply.ts";
import { DeclaredImports } from "../../../providers/importedServices/declared.ts";
import type { LiveObject } from "../../../providers/importedServices/liveObject.ts";
import { removeImports } from "../../../providers/importedServices/remove.ts";
import { jsonOf } from "../../federation/imports/importOf.ts";
import { inputsOfB, serveObjects } from "./support.ts";
import { FORBIDDEN, fakeApiServer, listOf } from "../support/fakeApiServer.ts";

const LINE = "8080/HTTP http of bar.xyz.svc.b.local as spiffe://b.local/ns/xyz/sa/bar";
const GLOBAL = "bar.xyz.global";
const INPUTS = inputsOfB({ [GLOBAL]: LINE });

describe("An update of a service with a remote host of another name", () => {
  const server = fakeApiServer();
  let client: ClusterClient;
  /** Objects in the API server, by path. */
  const objects = new Map<string, LiveObject>();

  /** The answer to a write. */
  let applied: unknown = {};

  before(async () => {
    client = await server.connect();
  });

  beforeEach(() => {
    objects.clear();
    serveObjects(server, objects, () => applied);
  });

  const put = (kind: "ServiceEntry" | "DestinationRule", inputs = INPUTS): void => {
    const object = new DeclaredImports(inputs)
      .objects(GLOBAL)
      .find((each) => each.kind === kind) as unknown as LiveObject;
    const plural = kind === "ServiceEntry" ? "serviceentries" : "destinationrules";
    objects.set(`/apis/networking.istio.io/v1/namespaces/ns/${plural}/${GLOBAL}`, object);
  };

  it("creates the ServiceEntry before the DestinationRule", async () => {
    assert.deepEqual(await applyImports(client, INPUTS), { imported: 1, failures: [] });
    assert.deepEqual(server.writes(), ["PATCH serviceentries", "PATCH destinationrules"]);
  });

  it("creates only what is missing", async () => {
    put("ServiceEntry");
    assert.deepEqual(await applyImports(client, INPUTS, { hosts: [GLOBAL], before: {} }), {
      imported: 1,
      failures: [],
    });
    assert.deepEqual(server.writes(), ["PATCH destinationrules"]);
  });

  it("deletes the DestinationRule before the ServiceEntry by which it is found", async () => {
    put("ServiceEntry");
    put("DestinationRule");
    assert.deepEqual(await applyImports(client, { ...INPUTS, services: {} }), { imported: 0, failures: [] });
    assert.deepEqual(server.writes(), ["DELETE destinationrules", "DELETE serviceentries"]);
    server.requests.length = 0;
    assert.deepEqual(await removeImports(client, INPUTS), []);
    assert.deepEqual(server.writes(), ["DELETE destinationrules", "DELETE serviceentries"]);
  });

  it("deletes an obsolete DestinationRule before it updates the ServiceEntry's annotation", async () => {
    const plain = LINE.replace(" of bar.xyz.svc.b.local", "");
    const pausing = { ...INPUTS, services: jsonOf({ [GLOBAL]: `${plain} outlierDetection interval 5s` }) };
    [applied] = new DeclaredImports({ ...INPUTS, services: jsonOf({ [GLOBAL]: plain }) }).objects(GLOBAL);
    for (const few of [undefined, { hosts: [GLOBAL], before: pausing.services }]) {
      objects.clear();
      server.requests.length = 0;
      put("ServiceEntry", pausing);
      put("DestinationRule", pausing);
      const { imported, failures } = await applyImports(
        client,
        { ...INPUTS, services: jsonOf({ [GLOBAL]: plain }) },
        few,
      );
      assert.deepEqual([imported, failures], [1, []]);
      assert.deepEqual(server.writes(), ["DELETE destinationrules", "PATCH serviceentries"]);
    }
  });

  it("keeps objects that a sibling takes over", async () => {
    put("ServiceEntry");
    put("DestinationRule");
    const gone = { ...INPUTS, services: {}, handedOver: [GLOBAL] };
    for (const few of [undefined, { hosts: [GLOBAL], before: INPUTS.services }]) {
      assert.deepEqual(await applyImports(client, gone, few), { imported: 0, failures: [] });
    }
    assert.deepEqual(server.writes(), []);
    [applied] = new DeclaredImports({ ...INPUTS, peer: "c" }).objects(GLOBAL);
    const taking = { ...INPUTS, peer: "c", siblings: ["b"] };
    assert.deepEqual(await applyImports(client, taking, { hosts: [GLOBAL], before: {} }), {
      imported: 1,
      failures: [],
    });
    assert.deepEqual([...new Set(server.writes())], ["PATCH serviceentries", "PATCH destinationrules"]);
  });

  it("keeps a DestinationRule of another owner, and counts its service as failed once", async () => {
    put("ServiceEntry");
    put("DestinationRule");
    for (const object of objects.values()) object.metadata.labels = { "istio-federation.dev/peer": "b" };
    const { imported, failures } = await applyImports(client, INPUTS);
    assert.deepEqual(server.writes(), []);
    assert.equal(imported, 0);
    assert.match(failures.join("\n"), /ServiceEntry ns\/bar\.xyz\.global belongs to/);
    assert.match(failures.join("\n"), /DestinationRule ns\/bar\.xyz\.global belongs to/);
  });

  it("needs the right to list DestinationRules only where one is declared", async () => {
    put("ServiceEntry");
    server.answerBy((request) => (request.includes("/destinationrules") ? FORBIDDEN : listOf([])));
    const plain = jsonOf({ "bar.xyz.svc.b.local": LINE.replace(" of bar.xyz.svc.b.local", "") });
    assert.deepEqual((await applyImports(client, { ...INPUTS, services: plain })).failures, []);
    assert.deepEqual(await removeImports(client, INPUTS), []);
    await assert.rejects(applyImports(client, INPUTS), /403 Forbidden/);
  });

  it("deletes a DestinationRule whose ServiceEntry was deleted manually", async () => {
    const gone = { ...INPUTS, services: {} };
    for (const remove of [
      () => applyImports(client, gone),
      () => applyImports(client, gone, { hosts: [GLOBAL], before: INPUTS.services }),
      () => removeImports(client, INPUTS),
    ]) {
      put("DestinationRule");
      await remove();
      assert.deepEqual(server.writes(), ["DELETE destinationrules"]);
      server.requests.length = 0;
    }
  });
});
