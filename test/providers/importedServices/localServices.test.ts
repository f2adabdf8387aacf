import assert from "node:assert/strict";
import type { ImportKind, ImportObject } from "../../../federation/imports/serviceEntry.ts";
import type { ClusterClient } from "../../../kubernetes/client.ts";
import { resourcePath } from "../../../kubernetes/kinds.ts";
import { applyImports } from "../../../providers/importedServices/apply.ts";
import { DeclaredImports } from "../../../providers/importedServices/declared.ts";
import { type Inputs, stateOf } from "../../../providers/importedServices/inputs.ts";
import { type LiveObject, RESOURCES, driftedFields } from "../../../providers/importedServices/liveObject.ts";
import { refreshImports } from "../../../providers/importedServices/refresh.ts";
import { removeImports } from "../../../providers/importedServices/remove.ts";
import { jsonOf, linesOf } from "../../federation/imports/importOf.ts";
import { inputsOfB, serveObjects } from "./support.ts";
import { FORBIDDEN, NOT_FOUND, fakeApiServer, listOf, objectOrNotFound } from "../support/fakeApiServer.ts";

const HOST = "bar.xyz.svc.b.local";
const PLAIN = "8080/HTTP http, 9000/TCP tcp as spiffe://b.local/ns/xyz/sa/bar";
const LOCAL = `${PLAIN} localService bar-xyz-b`;
const INPUTS = inputsOfB({ [HOST]: LOCAL });
const OFF = { ...INPUTS, services: jsonOf({ [HOST]: PLAIN }) };
const KINDS: ImportKind[] = ["ServiceEntry", "Service", "VirtualService"];

describe("A service with a local Service", () => {
  const server = fakeApiServer();
  let client: ClusterClient;
  /** Objects in the API server, by path. */
  const objects = new Map<string, LiveObject>();

  before(async () => {
    client = await server.connect();
  });

  beforeEach(() => {
    objects.clear();
    serveObjects(server, objects, (path) => declared(path) ?? {});
  });

  const pathOf = ({ kind, metadata: { namespace, name } }: ImportObject) =>
    resourcePath(RESOURCES[kind], namespace, name);
  let wanted = INPUTS;
  const declared = (path: string) =>
    new DeclaredImports(wanted).objects(HOST).find((object) => pathOf(object) === path);
  const put = (
    kind: ImportKind,
    edit: (live: LiveObject) => void = () => undefined,
    inputs = INPUTS,
  ): void => {
    const object =
      new DeclaredImports(inputs).objects(HOST).find((each) => each.kind === kind) ?? assert.fail();
    const live = structuredClone(object) as unknown as LiveObject;
    edit(live);
    objects.set(pathOf(object), live);
  };
  const apply = (inputs: Inputs, before?: Record<string, string>) => {
    wanted = inputs;
    server.requests.length = 0;
    return applyImports(client, inputs, before === undefined ? undefined : { hosts: [HOST], before });
  };
  const asked = () => server.requests.filter((request) => /\/(services|virtualservices)\b/.test(request));
  const ways: [string, Record<string, string> | undefined][] = [
    ["all", undefined],
    ["a few", jsonOf({ [HOST]: PLAIN })],
  ];

  for (const [how, before] of ways) {
    it(`is created with the Service before the VirtualService, comparing ${how}`, async () => {
      assert.deepEqual(await apply(INPUTS, before), { imported: 1, failures: [] });
      assert.deepEqual(server.writes(), ["PATCH serviceentries", "PATCH services", "PATCH virtualservices"]);
      for (const kind of KINDS) put(kind);
      assert.deepEqual(await apply(INPUTS, before), { imported: 1, failures: [] });
      assert.deepEqual(server.writes(), []);
    });

    it(`is deleted before its ServiceEntry loses the annotation, comparing ${how}`, async () => {
      for (const kind of KINDS) put(kind);
      assert.deepEqual(await apply(OFF, before), { imported: 1, failures: [] });
      const removed = ["DELETE virtualservices", "DELETE services"];
      assert.deepEqual(server.writes(), [...removed, "PATCH serviceentries"]);
      assert.deepEqual(await apply({ ...INPUTS, services: {} }, before), { imported: 0, failures: [] });
      assert.deepEqual(server.writes(), [...removed, "DELETE serviceentries"]);
    });

    it(`costs no request where none is declared, comparing ${how}`, async () => {
      put("ServiceEntry", undefined, OFF);
      for (const inputs of [OFF, { ...OFF, services: {} }]) {
        await apply(inputs, before);
        assert.deepEqual(asked(), []);
      }
    });

    it(`is deleted and created anew under another name, comparing ${how}`, async () => {
      for (const kind of KINDS) put(kind);
      const renamed = { ...INPUTS, services: jsonOf({ [HOST]: LOCAL.replace("bar-xyz-b", "pay") }) };
      assert.deepEqual(await apply(renamed, before), { imported: 1, failures: [] });
      assert.deepEqual(server.writes(), [
        "DELETE virtualservices",
        "DELETE services",
        "PATCH serviceentries",
        "PATCH services",
        "PATCH virtualservices",
      ]);
      assert.ok(server.requests.some((request) => /^PATCH .*\/services\/pay\b/.test(request)));
    });

    it(`is skipped where the Service belongs to another owner or a sibling's other host, comparing ${how}`, async () => {
      const others: [RegExp, (live: LiveObject) => void][] = [
        [
          /^Service ns\/bar-xyz-b belongs to Helm/,
          ({ metadata }) => (metadata.labels = { "app.kubernetes.io/managed-by": "Helm" }),
        ],
        [
          /^Service ns\/bar-xyz-b still belongs to peer c, .*run `pulumi up` again/,
          ({ metadata }) => {
            Object.assign(metadata.labels ?? {}, { "istio-federation.dev/peer": "c" });
            Object.assign(metadata.annotations ?? {}, { "istio-federation.dev/host": "other.c.local" });
          },
        ],
      ];
      for (const [reason, edit] of others) {
        put("Service", edit);
        const { imported, failures } = await apply({ ...INPUTS, siblings: ["c"] }, before);
        assert.deepEqual([imported, server.writes()], [0, ["PATCH serviceentries"]]);
        assert.match(failures[0] ?? "", /^0 of 1 services are registered as declared\./);
        assert.match(failures[1] ?? "", reason);
        assert.equal(failures.length, 2);
      }
    });

    it(`is the only failure where the cluster has no address left, comparing ${how}`, async () => {
      const message = "Internal error occurred: failed to allocate a serviceIP: range is full";
      server.answerBy((request) => {
        if (/^PATCH .*\/services\//.test(request)) return { status: 500, body: { kind: "Status", message } };
        if (request.startsWith("PATCH"))
          return { status: 200, body: new DeclaredImports(INPUTS).objects(HOST)[0] };
        return request.includes("limit=") ? listOf([]) : NOT_FOUND;
      });
      const { imported, failures } = await apply(INPUTS, before);
      assert.equal(imported, 0);
      assert.deepEqual(server.writes(), ["PATCH serviceentries", "PATCH services"]);
      assert.match(failures[1] ?? "", /has no address left for a Service/);
    });

    it(`is reported in one sentence with all others that fail for the same cause, comparing ${how}`, async () => {
      const hosts = ["s1.xyz.svc.b.local", "s2.xyz.svc.b.local"];
      const services = jsonOf(
        Object.fromEntries(hosts.map((host) => [host, `${PLAIN} localService at-${host.slice(0, 2)}`])),
      );
      const inputs = { ...INPUTS, services };
      server.answerBy((request) => {
        const name = /services\/(at-s\d)\?/.exec(request)?.[1];
        if (/^PATCH .*\/services\//.test(request)) {
          return { status: 422, body: { kind: "Status", message: `Service "${name}" is invalid` } };
        }
        if (request.startsWith("PATCH")) return { status: 200, body: {} };
        if (request.startsWith("PUT")) return { status: 200, body: {} };
        return request.includes("limit=") ? listOf([]) : NOT_FOUND;
      });
      const few = before === undefined ? undefined : { hosts, before: {} };
      const { failures } = await applyImports(client, inputs, few);
      assert.equal(failures.length, 2, failures.join("\n"));
      assert.match(failures[1] ?? "", /Service ns\/at-s1.*the same for 1 more: s2\.xyz/);
    });

    it(`counts as one failure with its ServiceEntry, comparing ${how}`, async () => {
      put("Service", ({ metadata }) => (metadata.labels = {}));
      const invalid = { kind: "Status", reason: "Invalid", message: "no" };
      server.answerBy((request) => {
        if (request.startsWith("PATCH")) return { status: 422, body: invalid };
        const [path = ""] = request.replace("GET ", "").split("?");
        if (request.includes("limit=")) {
          const isOfOthers = request.includes("%21%3D") && request.includes("/services?");
          const items = isOfOthers ? [...objects.values()] : [];
          return listOf(items);
        }
        return objectOrNotFound(objects.get(path));
      });
      const { imported, failures } = await apply(INPUTS, before);
      assert.equal(imported, 0);
      assert.match(failures.join("\n"), /^0 of 1 [^]*Service ns\/bar-xyz-b belongs to[^]*422 Invalid/);
    });

    it(`is adopted from a sibling that had it for the same host, comparing ${how}`, async () => {
      for (const kind of KINDS)
        put(kind, ({ metadata }) =>
          Object.assign(metadata.labels ?? {}, { "istio-federation.dev/peer": "c" }),
        );
      assert.deepEqual(await apply({ ...INPUTS, siblings: ["c"] }, before), { imported: 1, failures: [] });
      assert.deepEqual(server.writes(), ["PATCH serviceentries", "PATCH services", "PATCH virtualservices"]);
    });
  }

  describe("of a removed peer", () => {
    const remove = () => {
      server.requests.length = 0;
      return removeImports(client, INPUTS);
    };

    it("is deleted with the peer's other objects", async () => {
      for (const kind of KINDS) put(kind);
      assert.deepEqual(await remove(), []);
      assert.deepEqual(server.writes(), [
        "DELETE virtualservices",
        "DELETE services",
        "DELETE serviceentries",
      ]);
    });

    it("is deleted without its ServiceEntry: the peer was renamed, or the entry deleted manually", async () => {
      put("ServiceEntry", ({ metadata }) =>
        Object.assign(metadata.labels ?? {}, { "istio-federation.dev/peer": "b2" }),
      );
      put("Service");
      put("VirtualService");
      assert.deepEqual(await remove(), []);
      assert.deepEqual(server.writes(), ["DELETE virtualservices", "DELETE services"]);
      objects.clear();
      assert.deepEqual(await remove(), []);
      assert.equal(asked().length, 2);
    });

    it("may be unreadable for the user only where no ServiceEntry is annotated with it", async () => {
      const answerOf = (isAnnotated: boolean) => (request: string) => {
        if (/\/(services|virtualservices)\?/.test(request)) return FORBIDDEN;
        const [entry] = new DeclaredImports(isAnnotated ? INPUTS : OFF).objects(HOST);
        return listOf(request.includes("/serviceentries?") ? [entry] : []);
      };
      server.answerBy(answerOf(false));
      assert.deepEqual(await remove(), []);
      assert.deepEqual(server.writes(), ["DELETE serviceentries"]);
      server.answerBy(answerOf(true));
      await assert.rejects(remove(), /403 Forbidden/);
    });
  });

  describe("in a refresh", () => {
    const lines = async () => {
      server.requests.length = 0;
      return linesOf(await refreshImports(client, stateOf(INPUTS)));
    };

    it("reads as declared, whatever the API server filled in", async () => {
      put("ServiceEntry");
      put("VirtualService");
      put("Service", ({ spec = {} }) =>
        Object.assign(spec, { clusterIP: "10.0.0.1", ipFamilies: ["IPv4"], sessionAffinity: "None" }),
      );
      assert.deepEqual(await lines(), { [HOST]: LOCAL });
    });

    it("is shown as drift when parts of it are deleted or edited", async () => {
      put("ServiceEntry");
      assert.deepEqual(await lines(), { [HOST]: `${LOCAL} (not as declared: Service, VirtualService)` });
      put("Service", ({ metadata, spec = {} }) => {
        Object.assign(spec, { selector: { app: "x" }, externalIPs: ["192.0.2.1"] });
        Object.assign(metadata.annotations ?? {}, { "istio-federation.dev/host": "other" });
      });
      put("VirtualService", ({ spec = {} }) => Object.assign(spec, { http: [], gateways: ["x/y"] }));
      assert.deepEqual(await lines(), {
        [HOST]:
          `${LOCAL} (not as declared: Service annotations, Service externalIPs, Service selector, ` +
          "VirtualService gateways, VirtualService http)",
      });
    });

    it("is not read where no ServiceEntry is annotated with one", async () => {
      put("ServiceEntry", undefined, OFF);
      assert.deepEqual(await lines(), { [HOST]: PLAIN });
      assert.deepEqual(asked(), []);
    });
  });

  it("drifts with the exportTo annotation of its Service", () => {
    const [, service = assert.fail()] = new DeclaredImports(INPUTS).objects(HOST);
    const live = structuredClone(service) as unknown as LiveObject;
    Object.assign(live.metadata.annotations ?? {}, { "networking.istio.io/exportTo": "x", theirs: "y" });
    assert.deepEqual(driftedFields(live, service), ["annotations"]);
  });
});
