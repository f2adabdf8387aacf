import assert from "node:assert/strict";
import type { ClusterClient } from "../../../kubernetes/client.ts";
import {
  type Comparison,
  compareByHost,
  compareWithCluster,
} from "../../../providers/importedServices/comparison.ts";
import { DeclaredImports } from "../../../providers/importedServices/declared.ts";
import type { Inputs } from "../../../providers/importedServices/inputs.ts";
import type { LiveObject } from "../../../providers/importedServices/liveObject.ts";
import { jsonOf } from "../../federation/imports/importOf.ts";
import { inputsOfB } from "./support.ts";
import { fakeApiServer, objectOrNotFound } from "../support/fakeApiServer.ts";

const LINE = "8080/HTTP http as spiffe://b.local/ns/xyz/sa/bar";
const NAMES = ["as-declared", "edited", "new", "of-another-peer", "of-the-team"] as const;
const INPUTS = inputsOfB(Object.fromEntries(NAMES.map((name) => [name, LINE])));

/** An entry of this peer as the API server returns it. */
function live(name: string, edit: (entry: LiveObject) => void = () => undefined): LiveObject {
  const services = jsonOf({ [name]: LINE });
  const [entry = assert.fail()] = structuredClone(
    new DeclaredImports({ ...INPUTS, services }).objects(name),
  ) as unknown as LiveObject[];
  Object.assign(entry.metadata, { uid: `uid-${name}`, resourceVersion: "7" });
  edit(entry);
  return entry;
}

const page = (items: LiveObject[], next?: string) => ({
  status: 200,
  body: { items, metadata: { continue: next } },
});
const EXPIRED = { status: 410, body: { kind: "Status", reason: "Expired", message: "too old" } };

/** An entry with the peer's label that was not created by this program. */
const ofTheTeam = live("of-the-team", ({ metadata }) =>
  Object.assign(metadata.labels ?? {}, { "app.kubernetes.io/managed-by": "the team" }),
);
const ofAnotherPeer = live("of-another-peer", ({ metadata }) =>
  Object.assign(metadata.labels ?? {}, { "istio-federation.dev/peer": "c" }),
);
const edited = live("edited", ({ spec }) => Object.assign(spec ?? {}, { exportTo: ["."] }));

/** Returns the comparison of ServiceEntries; DestinationRules must be equal. */
function only([entries, rules]: readonly Comparison[]): Comparison {
  const { changed = [], missing = [], withdrawn = [], taken = [] } = rules ?? {};
  assert.deepEqual([changed, missing, withdrawn, [...taken]], [[], [], [], []]);
  return entries ?? assert.fail();
}

/** The line of a service with a remote host of another name. */
const RENAMED = LINE.replace(" as ", " of bar.xyz.svc.b.local as ");
const [globalEntry = assert.fail(), globalRule = assert.fail()] = new DeclaredImports({
  ...INPUTS,
  services: jsonOf({ "bar.xyz.global": RENAMED }),
}).objects("bar.xyz.global") as unknown as LiveObject[];

describe("A comparison with the cluster", () => {
  const server = fakeApiServer();
  let client: ClusterClient;

  before(async () => {
    client = await server.connect();
  });

  it("returns changed, missing, withdrawn and taken hosts over several pages", async () => {
    server.answer(
      page([live("as-declared"), edited], "more"),
      page([live("withdrawn"), ofTheTeam]),
      page([ofAnotherPeer, live("of-nobody-here")]),
      page([]),
    );
    const { changed, missing, withdrawn, taken } = only(
      await compareWithCluster(client, new DeclaredImports(INPUTS)),
    );
    assert.deepEqual([changed, missing], [["edited"], ["new"]]);
    assert.deepEqual(
      withdrawn.map(({ metadata: { name, uid, resourceVersion } }) => [name, uid, resourceVersion]),
      [["withdrawn", "uid-withdrawn", "7"]],
    );
    assert.deepEqual([...taken.keys()].sort(), ["of-another-peer", "of-the-team"]);
    assert.match(taken.get("of-another-peer") ?? "", /was imported from peer c/);
    assert.match(taken.get("of-the-team") ?? "", /belongs to the team/);
    assert.equal(server.requests.length, 4);
  });

  it("adopts objects of a sibling, and no others", async () => {
    const inputs = { ...INPUTS, siblings: ["a", "c"] };
    const half = live("of-another-peer", ({ metadata }) => {
      metadata.labels = { "istio-federation.dev/peer": "c" };
    });
    for (const [other, isTaken] of [
      [ofAnotherPeer, false],
      [half, true],
    ] as const) {
      server.answer(page([live("as-declared"), edited, live("new"), ofTheTeam]), page([other]), page([]));
      const { changed, missing, taken } = only(await compareWithCluster(client, new DeclaredImports(inputs)));
      assert.deepEqual(changed, isTaken ? ["edited"] : ["edited", "of-another-peer"]);
      assert.deepEqual([missing, taken.has("of-another-peer")], [[], isTaken]);
      server.answer({ status: 200, body: other });
      const few = only(
        await compareByHost(client, new DeclaredImports(inputs), { hosts: ["of-another-peer"], before: {} }),
      );
      assert.deepEqual([few.changed.length, few.taken.size], isTaken ? [0, 1] : [1, 0]);
    }
  });

  it("forgets pages read before the list expired", async () => {
    const all = NAMES.map((name) => live(name));
    server.answer(page([edited, live("withdrawn"), ofTheTeam], "more"), EXPIRED, page(all), page([]));
    const { changed, missing, withdrawn, taken } = only(
      await compareWithCluster(client, new DeclaredImports(INPUTS)),
    );
    assert.deepEqual([changed, missing, withdrawn, [...taken]], [[], [], [], []]);
    assert.equal(server.requests.length, 4);
  });

  it("reads a few hosts one by one, and nothing else", async () => {
    const answers: Record<string, LiveObject> = {
      "as-declared": live("as-declared"),
      edited,
      "of-another-peer": ofAnotherPeer,
      withdrawn: live("withdrawn"),
    };
    const hosts = ["as-declared", "edited", "new", "of-another-peer", "withdrawn", "gone-too"];
    server.answerBy((request) => {
      return objectOrNotFound(answers[request.split("/").at(-1) ?? ""]);
    });
    const { changed, missing, withdrawn, taken } = only(
      await compareByHost(client, new DeclaredImports(INPUTS), { hosts, before: {} }),
    );
    assert.deepEqual([changed, missing], [["edited"], ["new"]]);
    assert.deepEqual(
      withdrawn.map(({ metadata: { name, uid } }) => [name, uid]),
      [["withdrawn", "uid-withdrawn"]],
    );
    assert.deepEqual([...taken.keys()], ["of-another-peer"]);
    assert.equal(server.requests.length, hosts.length);
  });

  it("reads a host's DestinationRule where one is declared or its ServiceEntry is annotated with one", async () => {
    const renamed = { ...INPUTS, services: jsonOf({ "bar.xyz.global": RENAMED }) };
    const gone = { ...INPUTS, services: {} };
    const asked = async (inputs: Inputs, hosts?: string[]) => {
      server.answerBy((request) => {
        const [path = ""] = request.split("?");
        if (!path.endsWith("bar.xyz.global"))
          return page([path.endsWith("/destinationrules") ? globalRule : globalEntry]);
        return { status: 200, body: path.includes("/destinationrules/") ? globalRule : globalEntry };
      });
      const all =
        hosts === undefined
          ? await compareWithCluster(client, new DeclaredImports(inputs))
          : await compareByHost(client, new DeclaredImports(inputs), { hosts, before: {} });
      const withdrawals = all.map(({ kind, changed, missing, withdrawn, taken }) => {
        assert.deepEqual([changed, missing, [...taken]], [[], [], []]);
        return [kind, withdrawn.length];
      });
      return [withdrawals, server.requests.length];
    };
    const kinds = (withdrawn: number) => [
      ["ServiceEntry", withdrawn],
      ["DestinationRule", withdrawn],
    ];
    for (const hosts of [undefined, ["bar.xyz.global"]]) {
      assert.deepEqual(await asked(renamed, hosts), [kinds(0), 2]);
      assert.deepEqual(await asked(gone, hosts), [kinds(1), 2]);
    }
  });

  it("returns which object of a service is missing or taken", async () => {
    const renamed = { ...INPUTS, services: jsonOf({ "bar.xyz.global": RENAMED }) };
    const theirs = structuredClone(globalRule);
    theirs.metadata.labels = { "app.kubernetes.io/managed-by": "the team" };
    for (const [rule, missing, taken] of [
      [undefined, ["bar.xyz.global"], []],
      [theirs, [], ["bar.xyz.global"]],
    ] as const) {
      server.answerBy((request) => {
        return objectOrNotFound(request.includes("/destinationrules/") ? rule : globalEntry);
      });
      const [entries, rules] = await compareByHost(client, new DeclaredImports(renamed), {
        hosts: ["bar.xyz.global"],
        before: {},
      });
      assert.deepEqual([entries?.missing, entries?.changed], [[], []]);
      assert.deepEqual([rules?.missing, [...(rules?.taken.keys() ?? [])]], [missing, taken]);
    }
  });
});
