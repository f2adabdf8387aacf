import assert from "node:assert/strict";
import type { ImportRule } from "../../../federation/config/importRules.ts";
import { providedPlan } from "../../../federation/authority/authority.ts";
import { type Fault, FaultsError } from "../../../federation/core/fault.ts";
import { type PeerStatus, peerStatus, statusOf } from "../../../federation/imports/registration.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import { type SampleReading, viewPeers } from "../planContext.ts";
import { BAR, ROOT_B, ROOT_C, ROOT_D, contractOf, faultsThrown, validConfig } from "../samples.ts";

const config = validConfig(
  {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig: { context: "cluster-a" },
    peers: {
      "cluster-b": { stack: "acme/mesh/tokyo", required: true },
      "cluster-c": { stack: "cluster-c", required: true },
    },
  },
  "cluster-a",
);

const anchor = {
  cluster: "cluster-b",
  clusterDomain: "cluster-b.local",
  meshDomain: undefined,
  domains: [],
  trustDomain: "cluster-b.local",
  signingKey: undefined,
  rootCertificates: [ROOT_B],
};

const NOW = new Date("2026-11-21T10:28:15.678Z");
const nothing: Pick<LastRun, "pinned" | "statuses"> = { pinned: {}, statuses: {} };
const trusted: Pick<LastRun, "pinned" | "statuses"> = { pinned: { "cluster-b": anchor }, statuses: {} };
const importing = (status: Partial<PeerStatus>): Pick<LastRun, "pinned" | "statuses"> => ({
  ...trusted,
  statuses: { "cluster-b": { state: "ready", reason: "", since: "", imported: 1200, ...status } },
});

const viewOfB = (reading: SampleReading, last = trusted) =>
  viewPeers(config, { "cluster-b": reading }, last, NOW);

describe("A peer", () => {
  it("is ready when its contract exists and has a gateway", () => {
    const contract = contractOf();
    const { peers, warnings } = viewOfB({ contract });
    const view = peers["cluster-b"];
    assert.equal(view?.state, "ready");
    assert.deepEqual(Object.keys(view.services), [BAR]);
    const { contract: seen, ...identity } = view.pinned ?? {};
    assert.deepEqual(identity, anchor);
    assert.equal(seen?.revision, 1);
    assert.match(seen.digest, /^[0-9a-f]{64}$/);
    assert.deepEqual(warnings, []);
  });

  it("is pending without a contract, with a warning, and stays trusted", () => {
    const { peers, warnings } = viewOfB({ pending: "stack acme/mesh/tokyo does not exist" });
    assert.deepEqual(peers["cluster-b"], {
      peer: "cluster-b",
      state: "pending",
      reason: "stack acme/mesh/tokyo does not exist",
      since: "2026-11-21T10:28:15Z",
      heldSince: "2026-11-21T10:28:15Z",
      gateways: [],
      services: {},
      refused: [],
      refusedHosts: [],
      heldNames: [],
      contract: undefined,
      pinned: anchor,
    });
    assert.deepEqual(warnings, ["Peer cluster-b is pending: stack acme/mesh/tokyo does not exist"]);
  });

  it("is pending while its gateway has no address", () => {
    const { peers, warnings } = viewOfB({ contract: contractOf({ gateways: [] }) });
    assert.equal(peers["cluster-b"]?.state, "pending");
    assert.equal(peers["cluster-b"].pinned?.trustDomain, "cluster-b.local");
    assert.match(
      warnings.join(),
      /no address yet; run `pulumi up` here again once its contract in stack acme\/mesh\/tokyo has one/,
    );
  });

  it("is reported with the time since when it is pending and the number of kept imports", () => {
    const last = importing({ state: "pending", since: "2026-11-01T00:00:00Z" });
    const { peers, warnings } = viewOfB({ pending: "stack b is gone" }, last);
    const view = peers["cluster-b"];
    assert.equal(view?.state === "pending" && view.since, "2026-11-01T00:00:00Z");
    assert.deepEqual(warnings, [
      "Peer cluster-b is pending since 2026-11-01T00:00:00Z: stack b is gone. Imports from it are kept (1,200 service(s))",
    ]);
  });

  it("is held, and since when, while the brake keeps its services, and only when it is ready otherwise", () => {
    const since = "2026-11-01T00:00:00Z";
    const braked = "would lose 30 of 40 services";
    const status = (
      last: typeof trusted,
      reading: SampleReading = { contract: contractOf() },
      reason = braked,
    ) => statusOf(viewOfB(reading, last).peers["cluster-b"] ?? assert.fail(), 40, reason);
    const held = { state: "held", reason: `it ${braked}`, imported: 40 } as const;
    assert.deepEqual(status(importing({})), { ...held, since: "2026-11-21T10:28:15Z" });
    const again = status(importing({ ...held, since }));
    assert.deepEqual(again, { ...held, since });
    assert.deepEqual(status(importing({ ...held, since }), undefined, ""), {
      state: "ready",
      reason: "",
      since: "",
      imported: 40,
    });
    const gone = status(importing({ ...held, since }), { pending: "stack b is gone" });
    assert.deepEqual([gone.state, gone.since], ["pending", "2026-11-21T10:28:15Z"]);
    assert.deepEqual(peerStatus.parse(again), again, "the next run reads it");
  });

  it("is pending when its contract exports nothing any more, with the contract's gateways", () => {
    const empty = { contract: contractOf({ services: {} }) };
    const view = viewOfB(empty, importing({})).peers["cluster-b"];
    assert.equal(view?.state, "pending");
    assert.match(view.reason, /offers this cluster nothing any more/);
    assert.deepEqual(view.gateways, contractOf().gateways);
    assert.equal(viewOfB(empty, importing({ imported: 0 })).peers["cluster-b"]?.state, "ready");
    assert.equal(viewOfB(empty).peers["cluster-b"]?.state, "ready");
  });

  it("causes a warning for an IPv6 gateway beside a host name", () => {
    const six = { address: "2001:db8::1", port: 15443 };
    const name = { address: "gw.example.org", port: 15443 };
    const warningsFor = (...gateways: (typeof six)[]) =>
      viewOfB({ contract: contractOf({ gateways }) }).warnings;
    assert.deepEqual(warningsFor(name, six), [
      "Gateway 2001:db8::1 of peer cluster-b is not called by Pods that have an IPv4 address, as its gateway gw.example.org is a host " +
        "name: have the peer publish names only, or IP addresses only",
    ]);
    assert.deepEqual([...warningsFor(name), ...warningsFor(six)], []);
  });

  it("is imported by the config's rules, and is pending when they match nothing any more", () => {
    const viewBy = (imports: ImportRule[], last = trusted) =>
      viewPeers(
        { ...config, peers: { "cluster-b": { stack: "b", imports } } },
        { "cluster-b": { contract: contractOf() } },
        last,
        NOW,
      );
    const { peers, warnings } = viewBy([{ as: ["bar.example.org"] }, { service: ["foo"] }]);
    const view = peers["cluster-b"];
    assert.equal(view?.state, "ready");
    assert.deepEqual(Object.keys(view.services), ["bar.example.org", BAR]);
    assert.match(warnings.join(), /peers\.cluster-b\.imports\[1\]: matches none of the 1 service/);
    assert.equal(viewBy([]).peers["cluster-b"]?.state, "ready");
    const emptied = viewBy([], importing({})).peers["cluster-b"];
    assert.equal(emptied?.state, "pending");
    assert.match(emptied.reason, /rules in peers\.cluster-b\.imports import none of the 1 service/);
    assert.deepEqual(
      faultsThrown(() => viewBy([{ as: ["a.cluster-a.local"] }])),
      ["peers.cluster-b.imports[0].as: is a name of this cluster's own domain 'cluster-a.local'"],
    );
  });

  it("may be named like a property of every object", () => {
    const peers = { constructor: { stack: "c" } };
    const readings = { constructor: { pending: "its stack does not exist" } };
    const view = viewPeers({ ...config, peers }, readings, nothing, NOW).peers["constructor"];
    assert.equal(view?.state, "pending");
  });

  it("with many services causes a warning without exportTo", () => {
    const entries = Array.from({ length: 101 }, (_, index) => [
      `s${index}.xyz.svc.cluster-b.local`,
      contractOf().services[BAR],
    ]);
    const contract = contractOf({ services: Object.fromEntries(entries) });
    assert.match(viewOfB({ contract }).warnings.join(), /101 services.*peers\.cluster-b\.exportTo/);
    const peers = { "cluster-b": { stack: "b", exportTo: ["*"] } };
    const last = { ...config, peers };
    assert.deepEqual(viewPeers(last, { "cluster-b": { contract } }, nothing, NOW).warnings, []);
  });

  it("keeps its domains while pending", () => {
    for (const field of ["clusterDomain", "trustDomain"] as const) {
      const taken = contractOf({
        cluster: "cluster-c",
        clusterDomain: "c.local",
        trustDomain: "c.local",
        rootCertificates: [ROOT_C],
      });
      const readings = {
        "cluster-b": { pending: "stack b is gone" },
        "cluster-c": { contract: { ...taken, services: {}, [field]: "cluster-b.local" } },
      };
      assert.deepEqual(
        faultsThrown(() => viewPeers(config, readings, trusted, NOW)),
        [
          `peers.cluster-c.contract.${field}: must neither equal, contain nor lie in 'cluster-b.local', which is that of pending peer cluster-b`,
        ],
      );
    }
  });

  const equal = { ...config, cluster: { ...config.cluster, domain: "cluster.local" } };
  const equalB = contractOf({
    clusterDomain: "cluster.local",
    meshDomain: "cluster-b.mesh",
    services: { "bar.xyz.svc.cluster.local": contractOf().services[BAR] },
  });

  it("with our cluster domain is pinned with its mesh domain", () => {
    const { peers } = viewPeers(equal, { "cluster-b": { contract: equalB } }, nothing, NOW);
    const view = peers["cluster-b"];
    assert.equal(view?.state, "ready");
    assert.deepEqual(Object.keys(view.services), ["bar.xyz.svc.cluster-b.mesh"]);
    assert.equal(view.pinned?.meshDomain, "cluster-b.mesh");
  });

  it("keeps its mesh domain, and not the shared cluster domain, while pending", () => {
    const pinned = { ...anchor, clusterDomain: "cluster.local", meshDomain: "cluster-b.mesh" };
    const last: Pick<LastRun, "pinned" | "statuses"> = { ...nothing, pinned: { "cluster-b": pinned } };
    const contractC = (meshDomain: string) =>
      contractOf({
        ...{ cluster: "cluster-c", clusterDomain: "cluster.local", meshDomain, trustDomain: "c.local" },
        ...{ rootCertificates: [ROOT_C], services: {} },
      });
    const viewOf = (meshDomain: string) =>
      viewPeers(
        equal,
        { "cluster-b": { pending: "stack b is gone" }, "cluster-c": { contract: contractC(meshDomain) } },
        last,
        NOW,
      );
    assert.equal(viewOf("cluster-c.mesh").peers["cluster-c"]?.state, "ready");
    assert.deepEqual(
      faultsThrown(() => viewOf("x.cluster-b.mesh")),
      [
        "peers.cluster-c.contract.meshDomain: must neither equal, contain nor lie in 'cluster-b.mesh', which is that of pending peer cluster-b",
      ],
    );
  });

  it("may change its domains with consent, and frees them when it is no longer a peer", () => {
    const moved = contractOf({ clusterDomain: "b.example", trustDomain: "b.example", services: {} });
    assert.match(
      faultsThrown(() => viewOfB({ contract: moved })).join(),
      /trustDomain: is not 'cluster-b\.local'/,
    );
    const identity = { clusterDomain: "b.example", trustDomain: "b.example" };
    const accepting = { ...config, peers: { "cluster-b": { stack: "b", identity } } };
    const { peers, notes } = viewPeers(accepting, { "cluster-b": { contract: moved } }, trusted, NOW);
    assert.equal(peers["cluster-b"]?.state, "ready");
    assert.deepEqual(notes, [
      "clusterDomain of cluster-b changes: cluster-b.local -> b.example",
      "trustDomain of cluster-b changes: cluster-b.local -> b.example",
    ]);
    const readings = { "cluster-b": { contract: contractOf() } };
    const last = { ...nothing, pinned: { "formerly-b": anchor } };
    assert.equal(viewPeers(config, readings, last, NOW).peers["cluster-b"]?.state, "ready");
  });

  it("keeps its valid services when one is invalid, with a warning", () => {
    const services = { ...contractOf().services, "www.example.com": contractOf().services[BAR] };
    const { peers, warnings } = viewOfB({ contract: contractOf({ services }) });
    const view = peers["cluster-b"];
    assert.equal(view?.state, "ready");
    assert.deepEqual(Object.keys(view.services), [BAR]);
    assert.match(warnings.join(), /www\.example\.com/);
  });

  const unfit: Record<string, { contract: unknown; message: RegExp }> = {
    "is malformed": { contract: "a text", message: /must be/ },
    "could not be decrypted, which comes as an empty object": {
      contract: {},
      message: /must be|is missing|required/i,
    },
    "has a newer schema version": { contract: contractOf({ schemaVersion: 7 }), message: /7[^]*1/ },
    "is of our own trust domain": {
      contract: contractOf({ trustDomain: "cluster-a.local" }),
      message: /cluster-a\.local/,
    },
  };
  for (const [condition, { contract, message }] of Object.entries(unfit)) {
    it(`whose contract ${condition} stops the run where it is required, as every such peer does`, () => {
      const readings = { "cluster-b": { contract }, "cluster-c": { contract } };
      assert.throws(
        () => viewPeers(config, readings, nothing, NOW),
        (error: unknown) => {
          assert.ok(error instanceof FaultsError);
          assert.match(error.message, message);
          assert.match(error.message, /cluster-b/);
          assert.match(error.message, /cluster-c/);
          return true;
        },
      );
    });
  }

  it("may be under our own root, like other peers, without consent", () => {
    const own = providedPlan({ certificate: "", key: "", chain: [], roots: [ROOT_B] });
    const ofC = { cluster: "cluster-c", clusterDomain: "c.local", trustDomain: "c.local", services: {} };
    const readings = { "cluster-b": { contract: contractOf() }, "cluster-c": { contract: contractOf(ofC) } };
    const before: Pick<LastRun, "pinned" | "statuses"> = {
      ...trusted,
      pinned: { "cluster-b": { ...anchor, rootCertificates: [ROOT_C] } },
    };
    const { peers } = viewPeers(config, readings, before, NOW, own);
    assert.deepEqual(peers["cluster-b"]?.pinned?.rootCertificates, [ROOT_B]);
    assert.deepEqual(peers["cluster-c"]?.pinned?.rootCertificates, [ROOT_B]);
    const refused = faultsThrown(() =>
      viewPeers(config, readings, nothing, NOW, { ...own, roots: [], intermediates: [ROOT_B] }),
    );
    assert.ok(
      refused.every((fault) => /is a certificate of .* too/.test(fault)),
      refused.join(),
    );
    assert.equal(refused.length, 4);
  });

  it("that is removed from the config is noted with the number of its services", () => {
    const last = importing({ imported: 1200 });
    const removed = viewPeers({ ...config, peers: {} }, {}, last, NOW);
    assert.match(
      removed.notes.join(),
      /^peer cluster-b is not in the config any more: this update removes its 1,200 service\(s\) \(`kubectl .*peer=cluster-b` lists them\)/,
    );
    assert.doesNotMatch(viewOfB({ contract: contractOf() }, last).notes.join(), /any more/);
  });

  describe("that goes wrong", () => {
    const peers = { "cluster-b": { stack: "b" }, "cluster-c": { stack: "c" } };
    const lenient = { ...config, peers };
    const ofC = { cluster: "cluster-c", clusterDomain: "c.local", trustDomain: "c.local" };
    const hostOfC = "bar.xyz.svc.c.local";
    const healthyC = contractOf({
      ...{ ...ofC, rootCertificates: [ROOT_C] },
      services: {
        [hostOfC]: { ...contractOf().services[BAR], subjectAltNames: ["spiffe://c.local/ns/xyz/sa/bar"] },
      },
    });
    const known = importing({});

    const unread = [
      { path: "peers.cluster-b.stack", rule: "cannot be read: incorrect passphrase", remedy: "Log in" },
    ];
    const wrongs: Record<string, { contract: unknown; fault: RegExp } | { unread: Fault[]; fault: RegExp }> =
      {
        "cannot be read": { unread, fault: /peers\.cluster-b\.stack: cannot be read: incorrect passphrase/ },
        "is a text": { contract: "a text", fault: /Have the team of stack b publish it/ },
        "is a list": { contract: [], fault: /Have the team of stack b publish it/ },
        "lacks services": { contract: { ...contractOf(), services: undefined }, fault: /services/ },
        "has no gateways": { contract: { ...contractOf(), gateways: null }, fault: /gateways/ },
        "has a newer schema version": { contract: contractOf({ schemaVersion: 7 }), fault: /schemaVersion/ },
        "has another root": {
          contract: contractOf({ rootCertificates: [ROOT_D] }),
          fault: /root of cluster-b changes/,
        },
        "claims a domain of another peer": {
          contract: contractOf({ domains: ["c.local"] }),
          fault: /domains\[0\]/,
        },
        "has another peer's name": { contract: contractOf({ cluster: "cluster-c" }), fault: /cluster: / },
      };
    for (const [what, { fault, ...reading }] of Object.entries(wrongs)) {
      it(`as its contract ${what}, is refused alone: what is known of it stays, and other peers are imported`, () => {
        const readings = { "cluster-b": reading, "cluster-c": { contract: healthyC } };
        const plan = viewPeers(lenient, readings, known, NOW);
        const { state, since, services, pinned } = plan.peers["cluster-b"] ?? assert.fail();
        assert.deepEqual(
          { state, since, services, pinned },
          { state: "refused", since: "2026-11-21T10:28:15Z", services: {}, pinned: anchor },
        );
        assert.equal(plan.peers["cluster-c"]?.state, "ready");
        assert.deepEqual(Object.keys(plan.peers["cluster-c"].services), [hostOfC]);
        assert.equal(plan.errors.length, 1, plan.errors.join("\n"));
        assert.match(plan.errors[0] ?? "", fault);
        assert.match(
          plan.errors[0] ?? "",
          /^Peer cluster-b is refused, as its contract cannot be read or trusted\. Imports from it are kept \(1,200 service\(s\)\)/,
        );
      });
    }

    it("and asks for a known peer's domain or name is refused, and the known one is not", () => {
      const { "cluster-b": pinned } = trusted.pinned;
      const readings = (changes: object) => ({
        "cluster-b": { contract: contractOf() },
        "cluster-c": { contract: { ...healthyC, ...changes } },
      });
      for (const changes of [
        { domains: ["cluster-b.local"] },
        { trustDomain: "cluster-b.local" },
        { cluster: "cluster-b" },
      ]) {
        const plan = viewPeers(
          lenient,
          readings(changes),
          { pinned: { "cluster-b": pinned! }, statuses: {} },
          NOW,
        );
        assert.deepEqual(
          [plan.peers["cluster-b"]?.state, plan.peers["cluster-c"]?.state],
          ["ready", "refused"],
          JSON.stringify(changes),
        );
      }
    });

    it("with a name that another new peer gives itself is refused, and so is that one: nothing shows who is right", () => {
      const readings = {
        "cluster-b": { contract: contractOf() },
        "cluster-c": { contract: { ...healthyC, cluster: "cluster-b" } },
      };
      const plan = viewPeers(lenient, readings, nothing, NOW);
      assert.deepEqual(
        [plan.peers["cluster-b"]?.state, plan.peers["cluster-c"]?.state],
        ["refused", "refused"],
      );
      assert.match(plan.errors.join("\n"), /is what peer cluster-c calls itself too/);
      assert.match(plan.errors.join("\n"), /is what peer cluster-b calls itself too/);
    });

    it("keeps the time since when it is refused", () => {
      const since = "2026-11-01T00:00:00Z";
      const last = importing({ state: "refused", since });
      const plan = viewPeers(lenient, { "cluster-b": { contract: "a text" } }, last, NOW);
      assert.equal(plan.peers["cluster-b"]?.since, since);
      assert.match(plan.errors.join(), /is refused since 2026-11-01T00:00:00Z/);
      const pending = importing({ state: "pending", since });
      const changed = viewPeers(lenient, { "cluster-b": { contract: "a text" } }, pending, NOW);
      assert.equal(changed.peers["cluster-b"]?.since, "2026-11-21T10:28:15Z");
    });

    it("in single services names them, so that what is known of them stays", () => {
      const services = {
        ...contractOf().services,
        "odd.xyz.svc.cluster-b.local": { ports: [{ number: "8080", name: "http", protocol: "HTTP" }] },
        "www.example.com": contractOf().services[BAR],
      };
      const plan = viewPeers(
        lenient,
        { "cluster-b": { contract: { ...contractOf(), services } } },
        known,
        NOW,
      );
      assert.deepEqual(plan.peers["cluster-b"]?.refusedHosts, [
        "odd.xyz.svc.cluster-b.local",
        "www.example.com",
      ]);
    });

    it("in a single service that our rules skip, or that none matches, loses it as a valid one does", () => {
      const odd = "odd.xyz.svc.cluster-b.local";
      const services = { ...contractOf().services, [odd]: { ports: "none", labels: { tier: "gold" } } };
      const refusedHosts = (imports: ImportRule[]) => {
        const ours = { ...config, peers: { "cluster-b": { stack: "b", imports } } };
        const readings = { "cluster-b": { contract: { ...contractOf(), services } } };
        const plan = viewPeers(ours, readings, known, NOW);
        assert.doesNotMatch(plan.warnings.join("\n"), /matches none/, "of the rule that skips it");
        return plan.peers["cluster-b"]?.refusedHosts;
      };
      assert.deepEqual(refusedHosts([{ service: ["odd"], skip: true }, {}]), []);
      assert.deepEqual(refusedHosts([{ service: ["bar"] }]), []);
      assert.deepEqual(refusedHosts([{ service: ["odd"] }, {}]), [odd]);
      assert.deepEqual(refusedHosts([{}]), [odd]);
      // Its labels are not read.
      const gold = { tier: "gold" };
      assert.deepEqual(refusedHosts([{ service: ["bar"] }, { selector: gold }]), [odd]);
    });

    it("in that a rule gives two of its services one name leaves all other peers and services alone", () => {
      const [name, foo] = ["bar.shop.example", "bar.foo.svc.cluster-b.local"];
      const ours = {
        ...config,
        peers: {
          "cluster-b": { stack: "b", imports: [{ as: ["{name}.shop.example"] }] },
          "cluster-c": { stack: "c" },
        },
      };
      const { [BAR]: bar } = contractOf().services;
      const readings = {
        "cluster-b": { contract: { ...contractOf(), services: { [BAR]: bar, [foo]: bar } } },
        "cluster-c": { contract: healthyC },
      };
      const plan = viewPeers(ours, readings, known, NOW);
      const { services, heldNames } = plan.peers["cluster-b"] ?? assert.fail();
      assert.deepEqual([Object.keys(services), heldNames], [[foo, BAR], [name]]);
      assert.deepEqual(Object.keys(plan.peers["cluster-c"]?.services ?? {}), [hostOfC]);
      assert.match(plan.errors.join("\n"), /would be the name of two of the peer's services/);
    });

    it("in that another takes the domain of a name that rules give it is held with that name, at all peers", () => {
      const name = "pay.shop.example";
      const [bar, web] = [contractOf().services[BAR], healthyC.services[hostOfC]];
      const named = {
        "cluster-b": { stack: "b", imports: [{ as: [name] }] },
        "cluster-c": { stack: "c" },
      };
      const taking = { ...healthyC, domains: ["shop.example"], services: { [hostOfC]: web, [name]: web } };
      const readings = {
        "cluster-b": { contract: { ...contractOf(), services: { [BAR]: bar } } },
        "cluster-c": { contract: taking },
      };
      const plan = viewPeers({ ...config, peers: named }, readings, known, NOW);
      assert.deepEqual(
        Object.values(plan.peers).map((each) => [each.state, Object.keys(each.services), each.heldNames]),
        [
          ["ready", [BAR], [name]],
          ["ready", [hostOfC], [name]],
        ],
      );
      assert.match(plan.errors.join("\n"), /is a name of 'shop\.example', the domain of peer cluster-c/);
    });

    it("in that it has too many services for the local Services leaves all other peers alone", () => {
      const [first, second] = ["a.xyz.svc.cluster-b.local", "b.xyz.svc.cluster-b.local"];
      const { [BAR]: bar } = contractOf().services;
      const readings = {
        "cluster-b": { contract: { ...contractOf(), services: { [BAR]: bar, [first]: bar, [second]: bar } } },
        "cluster-c": { contract: healthyC },
      };
      const status = { state: "ready" as const, reason: "", since: "" };
      const statuses = { "cluster-b": { ...status, imported: 1 }, "cluster-c": { ...status, imported: 1 } };
      const viewOf = (limit: number) => {
        const dns = { coreDns: undefined, services: { name: "{name}-{namespace}-{peer}", limit } };
        const plan = viewPeers({ ...lenient, dns }, readings, { ...known, statuses }, NOW);
        return {
          errors: plan.errors,
          held: Object.values(plan.peers).map(({ heldNames }) => heldNames),
          plan,
        };
      };
      assert.deepEqual([viewOf(4).errors, viewOf(4).held], [[], [[], []]]);
      const { errors, plan } = viewOf(3);
      assert.deepEqual(
        Object.values(plan.peers).map((each) => [each.state, Object.keys(each.services)]),
        [
          ["ready", []],
          ["ready", [hostOfC]],
        ],
      );
      assert.deepEqual(plan.peers["cluster-b"]?.heldNames, [first, second, BAR].sort());
      assert.equal(errors.length, 1);
      assert.match(
        errors[0] ?? "",
        /^dns\.services\.limit: 3 is less than the 4 imported services .*; of peers cluster-b what is registered stays/,
      );
    });

    it("does not serve a host of several peers: all of its calls go to the others, whatever the priority", () => {
      const name = "pay.shop.example";
      const ours = {
        ...config,
        peers: {
          "cluster-b": { stack: "b", imports: [{ as: [name], priority: 1 }] },
          "cluster-c": { stack: "c", imports: [{ as: [name] }] },
        },
      };
      const { [BAR]: bar } = contractOf().services;
      const malformed = { ...contractOf(), services: { [BAR]: { ...bar, ports: "none" } } };
      const serving = (contract: unknown) => {
        const readings = { "cluster-b": { contract }, "cluster-c": { contract: healthyC } };
        const { peers: found } = viewPeers(ours, readings, known, NOW);
        return Object.keys(found).filter((peer) => Object.hasOwn(found[peer]?.services ?? {}, name));
      };
      assert.deepEqual(serving(contractOf()), ["cluster-b"]);
      assert.deepEqual(serving(malformed), ["cluster-c"]);
      assert.deepEqual(serving("a text"), ["cluster-c"]);
    });
  });
});
