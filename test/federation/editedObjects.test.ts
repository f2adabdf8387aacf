import assert from "node:assert/strict";
import type { AuthorizationPolicy } from "../../federation/access/authorizationPolicy.ts";
import type { Contract } from "../../federation/contract/contract.ts";
import { OWN_GATEWAY } from "../../federation/core/gatewayPlace.ts";
import { findDeleted, findEdited } from "../../federation/editedObjects.ts";
import type { OwnObject } from "../../federation/ownObjects.ts";
import type { ExportAlias } from "../../federation/exports/alias.ts";
import { gatewaySpec } from "../../federation/exports/gatewayListeners.ts";

const BAR = "bar.xyz.svc.cluster-b.local";
const SECRET = "secret.xyz.svc.cluster-b.local";
const POLICY: AuthorizationPolicy = {
  namespace: "xyz",
  name: "istio-federation-deny-bar",
  spec: { selector: { matchLabels: { app: "bar" } }, action: "DENY", rules: [{}] },
};
const DECLARED = {
  listeners: { hosts: [BAR], terminated: [] },
  bind: undefined,
  policies: [POLICY, { ...POLICY, namespace: "istio-gateway", name: "istio-federation-gateway" }],
  aliases: [],
  publish: undefined,
  isStrict: true,
  gateway: OWN_GATEWAY,
};
const CONTRACT = { services: { [BAR]: {} } } as unknown as Contract;
const servers = (...hosts: string[]) => gatewaySpec(OWN_GATEWAY, { hosts, terminated: [] }, undefined);

const gateway = (spec: object, editors: OwnObject["editors"] = {}): OwnObject => ({
  ...{
    kind: "Gateway",
    namespace: "istio-gateway",
    name: "eastwestgateway",
    uid: "1",
    created: "",
    generation: 2,
    editors,
  },
  spec: { ...spec },
});
const policy = (spec: object, editors: OwnObject["editors"], name = POLICY.name): OwnObject => ({
  ...{ kind: "AuthorizationPolicy", namespace: "xyz", name, uid: "2", created: "", generation: 2, editors },
  spec: { ...spec },
});

/** Nothing is known of the last update. */
const UNKNOWN = {
  ...{ contract: undefined, policies: {}, aliases: {}, publication: undefined },
  gateway: OWN_GATEWAY,
};

const find = (...own: OwnObject[]) => findEdited(own, DECLARED, UNKNOWN);

describe("Objects of this stack that others edited", () => {
  it("are none where only this stack wrote, whatever it is about to change", () => {
    assert.deepEqual(find(gateway({ ...servers(BAR) }), gateway({ ...servers(BAR, SECRET) })), {
      edited: [],
      warnings: [],
    });
  });

  it("are found where others changed a field, added one, or appended to a list", () => {
    const edits: [OwnObject, string][] = [
      [gateway({ ...servers(SECRET) }, { servers: ["argo"] }), "spec.servers"],
      [gateway({ ...servers(BAR, SECRET) }, { servers: ["argo"] }), "spec.servers"],
      [
        policy(
          { ...POLICY.spec, selector: { matchLabels: { app: "bar", never: "there" } } },
          { selector: ["argo"] },
        ),
        "spec.selector",
      ],
      [
        policy(
          { ...POLICY.spec, action: "AUDIT", targetRefs: [] },
          { targetRefs: ["argo"], action: ["argo"] },
        ),
        "spec.action, spec.targetRefs",
      ],
    ];
    for (const [own, fields] of edits) {
      const { edited, warnings } = find(own);
      const { kind, namespace, name, uid } = own;
      const where = `${kind} ${namespace}/${name}`;
      assert.deepEqual(warnings, [`${where}: ${fields} was edited by argo. \`pulumi up\` restores it.`]);
      const spec = kind === "Gateway" ? servers(BAR) : POLICY.spec;
      assert.deepEqual(edited, [{ kind, namespace, name, uid, generation: 2, spec }]);
    }
  });

  it("are found where others removed a field, which leaves no field manager", () => {
    const { action: _action, ...rest } = POLICY.spec;
    const last = {
      contract: CONTRACT,
      policies: { [`xyz/${POLICY.name}`]: POLICY },
      aliases: {},
      gateway: OWN_GATEWAY,
      publication: undefined,
    };
    const mesh = (spec: object): OwnObject => ({
      ...{ kind: "PeerAuthentication", namespace: "istio-system", name: "default", uid: "3", created: "" },
      ...{ generation: 2, spec: { ...spec }, editors: {} },
    });
    const unselected = { ...POLICY.spec, selector: { matchLabels: {} } };
    const removals: [OwnObject, string][] = [
      [mesh({}), "spec.mtls was removed by others"],
      [mesh({ mtls: {} }), "spec.mtls was removed in part by others"],
      [policy(rest, {}), "spec.action was removed by others"],
      [policy({}, {}), "spec.action, spec.rules, spec.selector was removed by others"],
      [policy(unselected, {}), "spec.selector was removed in part by others"],
      [
        policy({ ...rest, selector: {} }, { selector: ["argo"] }),
        "spec.selector was edited by argo, spec.action was removed by others",
      ],
      [gateway({ selector: { istio: "eastwestgateway" } }), "spec.servers was removed by others"],
      [gateway({ ...servers(BAR), selector: {} }), "spec.selector was removed in part by others"],
    ];
    for (const before of [UNKNOWN, last]) {
      for (const [own, edit] of removals) {
        const { edited, warnings } = findEdited([own], DECLARED, before);
        const where = `${own.kind} ${own.namespace}/${own.name}`;
        assert.deepEqual(warnings, [`${where}: ${edit}. \`pulumi up\` restores it.`]);
        assert.equal(edited.length, 1);
      }
    }
  });

  it("are none where the config selects other Pods of the gateway than before", () => {
    const place = { ...OWN_GATEWAY, selector: { istio: "edge", tier: "edge" } };
    const last = { ...UNKNOWN, contract: CONTRACT };
    const found = [gateway({ ...servers(BAR) })];
    assert.deepEqual(findEdited(found, { ...DECLARED, gateway: place }, last).warnings, []);
  });

  it("are none where the object is as the last update declared it, whoever wrote to it", () => {
    const { selector: _selector, ...rest } = POLICY.spec;
    const before = { ...POLICY, spec: rest as typeof POLICY.spec };
    const last = {
      contract: CONTRACT,
      policies: { [`xyz/${POLICY.name}`]: before },
      aliases: {},
      gateway: OWN_GATEWAY,
      publication: undefined,
    };
    for (const editors of [{}, { selector: ["pulumi-kubernetes-1a2b3c4d"] }])
      assert.deepEqual(findEdited([policy(rest, editors)], DECLARED, last).edited, []);
  });

  it("are none where the Gateway has the hosts of the last update, and several Pulumi programs wrote to it", () => {
    const own = gateway({ ...servers(BAR) }, { servers: ["pulumi-kubernetes-1a2b3c4d"] });
    const last = { ...UNKNOWN, contract: CONTRACT };
    const declared = { ...DECLARED, listeners: { hosts: [BAR, SECRET], terminated: [] } };
    assert.deepEqual(findEdited([own], declared, last).edited, []);
    assert.equal(findEdited([own], declared, UNKNOWN).edited.length, 1);
    // Another address to listen on is no edit.
    assert.deepEqual(
      findEdited([gateway({ ...servers(BAR) })], { ...DECLARED, bind: "::" }, last).edited,
      [],
    );
  });

  it("are found where others removed an item of a list of an alias", () => {
    const port = { number: 80, name: "http", protocol: "HTTP", targetPort: 8080 };
    const spec: ExportAlias["spec"] = {
      ...{ hosts: ["bar.example"], location: "MESH_INTERNAL", resolution: "STATIC" },
      ...{ ports: [port, { ...port, number: 81, name: "http-b" }], exportTo: ["."] },
      workloadSelector: { labels: { app: "bar" } },
    };
    const alias = { namespace: "xyz", service: "bar", spec };
    const own: OwnObject = {
      ...{ kind: "ServiceEntry", namespace: "xyz", name: "istio-federation-as-bar", uid: "4", created: "" },
      ...{ generation: 2, spec: { ...spec, ports: [port] }, editors: {} },
    };
    const last = {
      contract: CONTRACT,
      policies: {},
      aliases: { "xyz/bar": alias },
      gateway: OWN_GATEWAY,
      publication: undefined,
    };
    const { edited } = findEdited([own], { ...DECLARED, aliases: [alias] }, last);
    assert.deepEqual(
      edited.map((object) => object.spec),
      [spec],
    );
  });

  it("include the mesh's PeerAuthentication", () => {
    const place = {
      kind: "PeerAuthentication",
      namespace: "istio-system",
      name: "default",
      uid: "3",
    } as const;
    const spec = { mtls: { mode: "STRICT" }, selector: { matchLabels: { app: "none" } } };
    const { edited } = find({
      ...place,
      created: "",
      generation: 2,
      spec,
      editors: { selector: ["kubectl-edit"] },
    });
    assert.deepEqual(edited, [{ ...place, generation: 2, spec: { mtls: { mode: "STRICT" } } }]);
  });

  it("include a policy of the gateway, whose name has a version", () => {
    const versions = ["istio-federation-gateway-1a2b3c4d", "istio-federation-gateway-x-1a2b3c4d"];
    const found = versions.map((name) => ({
      ...policy({ ...POLICY.spec, rules: [] }, { rules: ["argo"] }, name),
      namespace: "istio-gateway",
    }));
    assert.deepEqual(
      find(...found).edited.map(({ name }) => name),
      versions.slice(0, 1),
    );
  });

  it("are none where others own an equal value, or the object is to be removed", () => {
    const removed = policy({ rules: [] }, { rules: ["argo"] }, "istio-federation-deny-foo");
    const { edited } = find(gateway({ ...servers(BAR) }, { selector: ["argo"] }), removed);
    assert.deepEqual(edited, []);
  });

  it("are listed first, then counted", () => {
    const found = Array.from({ length: 60 }, () => gateway({}, { servers: ["argo"] }));
    const { edited, warnings } = find(...found);
    assert.equal(edited.length, 60);
    assert.match(warnings.at(-1) ?? "", /^and 40 more objects of this stack were edited by others$/);
  });
});

describe("Objects of this stack that somebody deleted", () => {
  const before = {
    contract: CONTRACT,
    policies: { [`xyz/${POLICY.name}`]: POLICY },
    aliases: {},
    gateway: OWN_GATEWAY,
    publication: undefined,
  };
  const mesh: OwnObject = {
    ...{
      kind: "PeerAuthentication",
      namespace: "istio-system",
      name: "default",
      uid: "3",
      created: "",
      generation: 1,
    },
    ...{ spec: { mtls: { mode: "STRICT" } }, editors: {} },
  };

  it("are none where the gateway moves to one of the mesh's owner, whose Gateway object is new", () => {
    const place = {
      namespace: "edge",
      object: "istio-federation",
      service: "edge",
      selector: { istio: "edge" },
    };
    const moved = findDeleted([], { ...DECLARED, gateway: place }, before);
    assert.ok(!moved.some((line) => line.startsWith("Gateway")), moved.join("\n"));
    const again = findDeleted([], { ...DECLARED, gateway: place }, { ...before, gateway: place });
    assert.match(again.join("\n"), /Gateway edge\/istio-federation was deleted by somebody/);
  });

  it("are those of the last update that are still to be there", () => {
    assert.deepEqual(findDeleted([], DECLARED, before), [
      "PeerAuthentication istio-system/default was deleted by somebody. `pulumi up --refresh` creates it again.",
      "Gateway istio-gateway/eastwestgateway was deleted by somebody. `pulumi up --refresh` creates it again.",
      `AuthorizationPolicy xyz/${POLICY.name} was deleted by somebody. \`pulumi up --refresh\` creates it again.`,
    ]);
  });

  it("are none where all are there, are new, or are to be removed", () => {
    const all = [mesh, gateway({}), policy({}, {})];
    assert.deepEqual(findDeleted(all, DECLARED, before), []);
    const fresh = { ...before, contract: { services: {} } as unknown as Contract, policies: {} };
    assert.deepEqual(findDeleted([mesh], DECLARED, fresh), []);
    const ofGateway = { ...POLICY, namespace: "istio-gateway", name: "istio-federation-gateway" };
    const versioned = { [`${ofGateway.namespace}/${ofGateway.name}`]: ofGateway };
    const there = { ...policy({}, {}, "istio-federation-gateway-1a2b3c4d"), namespace: "istio-gateway" };
    const declared = { ...DECLARED, policies: [ofGateway] };
    assert.deepEqual(
      findDeleted([mesh, gateway({}), there], declared, { ...before, policies: versioned }),
      [],
    );
    assert.equal(findDeleted([mesh, gateway({})], declared, { ...before, policies: versioned }).length, 1);
    const none = { ...DECLARED, listeners: { hosts: [], terminated: [] }, policies: [] };
    assert.deepEqual(findDeleted([mesh], none, before), []);
  });

  it("are none before the first update", () => {
    assert.deepEqual(findDeleted([], DECLARED, { ...before, contract: undefined }), []);
  });
});
