import assert from "node:assert/strict";
import { providedPlan } from "../../../federation/authority/authority.ts";
import { FaultsError } from "../../../federation/core/fault.ts";
import type { LastRun } from "../../../federation/lastRun.ts";
import { type SampleReading, viewMeshPeers } from "../planContext.ts";
import { ACCESS, FIRST_UPDATE, NOW, TOKEN, TRUSTING, meshConfig, meshContract } from "./meshSamples.ts";
import { ROOT_A, ROOT_B, ROOT_C, faultsThrown } from "../samples.ts";

const PINNED = {
  "cluster-b": { clusterDomain: "cluster.local", trustDomain: "cluster.local", rootCertificates: [ROOT_B] },
};
const READY = { state: "ready", reason: "", since: "", imported: 0 } as const;

const access = { "cluster-a": ACCESS, "cluster-c": { ...ACCESS, token: "other" } };

function view(reading: SampleReading, last: Partial<LastRun> = {}, config = meshConfig(), now = NOW) {
  const trusting = "contract" in reading ? { trustAnchors: TRUSTING, ...reading } : reading;
  return viewMeshPeers(config, { "cluster-b": trusting }, { ...FIRST_UPDATE, ...last }, now);
}

const faults = (...args: Parameters<typeof view>) => faultsThrown(() => view(...args));

describe("A peer in a single mesh", () => {
  it("is ready when it is in this mesh and grants access to a cluster of our name", () => {
    const { peers, warnings } = view({ contract: meshContract(), access });
    const peer = peers["cluster-b"];
    assert.ok(peer?.state === "ready");
    assert.deepEqual(peer.access, ACCESS);
    assert.deepEqual(peer.pinned.rootCertificates, [ROOT_B]);
    assert.equal(warnings.length, 1, "of readers only");
  });

  const unlike: [string, object, string][] = [
    ["another topology", { topology: "replicated" }, "topology"],
    ["another name than the config's", { cluster: "cluster-x" }, "cluster"],
    ["another cluster domain", { clusterDomain: "b.local" }, "clusterDomain"],
    ["another trust domain", { trustDomain: "b.local" }, "trustDomain"],
    ["another mesh ID", { meshId: "mesh2" }, "meshId"],
    ["a root with the subject of another's", { rootCertificates: [ROOT_C] }, "rootCertificates[0]"],
  ];
  for (const [what, change, path] of unlike) {
    it(`is refused for ${what}`, () => {
      const readings = {
        "cluster-b": { contract: meshContract(change), access },
        "cluster-c": { contract: meshContract({ cluster: "cluster-c", rootCertificates: [ROOT_C] }), access },
      };
      const config = meshConfig({
        peers: { "cluster-b": { stack: "b", required: true }, "cluster-c": { stack: "c" } },
      });
      const found = faultsThrown(() => viewMeshPeers(config, readings, FIRST_UPDATE, NOW));
      assert.ok(
        found.some((fault) => fault.startsWith(`peers.cluster-b.contract.${path}: `)),
        found.join("\n"),
      );
    });
  }

  it("is refused with all faults of contract and access at once", () => {
    const contract = meshContract({ clusterDomain: "b.local", trustDomain: "b.local", meshId: "mesh2" });
    const bad = { "cluster-a": { ...ACCESS, server: "https://127.0.0.1", token: `${TOKEN}\n` } };
    assert.deepEqual(
      faults({ contract, access: bad }).map((fault) => fault.split(": ")[0]),
      [
        "peers.cluster-b.access.token",
        "peers.cluster-b.contract.clusterDomain",
        "peers.cluster-b.contract.trustDomain",
        "peers.cluster-b.contract.meshId",
      ],
    );
  });

  describe("that cannot be trusted is refused alone", () => {
    const peers = { "cluster-b": { stack: "o/p/b" }, "cluster-c": { stack: "o/p/c" } };
    const good = { contract: meshContract({ cluster: "cluster-c", rootCertificates: [ROOT_C] }), access };
    const both = (reading: SampleReading, last: Partial<LastRun> = {}) =>
      viewMeshPeers(
        meshConfig({ peers }),
        {
          "cluster-b": { trustAnchors: TRUSTING, ...reading },
          "cluster-c": { trustAnchors: TRUSTING, ...good },
        },
        { ...FIRST_UPDATE, ...last },
        NOW,
      );
    const unread = [
      { path: "peers.cluster-b.stack", rule: "cannot be read", remedy: "Log in to that of stack o/p/b" },
    ];
    const wrong: [string, SampleReading, RegExp][] = [
      ["a stack that cannot be read", { unread }, /peers\.cluster-b\.stack: cannot be read/],
      ["a contract that is a text", { contract: "a text", access }, /contract: "a text" must be a map/],
      ["a newer version", { contract: { ...meshContract(), schemaVersion: 2 }, access }, /newer than 1/],
      ["another mesh ID", { contract: meshContract({ meshId: "mesh2" }), access }, /must be 'mesh1'/],
      [
        "the root of a known peer",
        { contract: meshContract({ rootCertificates: [ROOT_C] }), access },
        /rootCertificates\[0\]/,
      ],
      [
        "an access that is not valid",
        { contract: meshContract(), access: { "cluster-a": { ...ACCESS, server: "http://x" } } },
        /access\.server: must be the URL of an API server/,
      ],
    ];
    for (const [what, reading, reason] of wrong) {
      it(`for ${what}, with its last access, and names its stack`, () => {
        const pinned = {
          ...PINNED,
          "cluster-c": { ...PINNED["cluster-b"], cluster: "cluster-c", rootCertificates: [ROOT_C] },
        };
        const { peers: found, errors } = both(reading, { joined: { "cluster-b": ACCESS }, pinned });
        const refused = found["cluster-b"];
        assert.equal(refused?.state, "refused");
        assert.match(refused.reason, reason);
        assert.deepEqual([refused.access, refused.pinned], [ACCESS, PINNED["cluster-b"]]);
        assert.equal(errors.length, 1);
        assert.match(errors[0]!, /^Peer cluster-b is refused, .*stack o\/p\/b/s);
        assert.equal(found["cluster-c"]?.state, "ready");
      });
    }
  });

  it("may have its API server on loopback only if the config allows it", () => {
    const local = {
      contract: meshContract(),
      access: { "cluster-a": { ...ACCESS, server: "https://127.0.0.1" } },
    };
    assert.match(faults(local).join(), /access\.server: is no address to send traffic to/);
    assert.deepEqual(faults(local, {}, meshConfig({ allowGatewayAddresses: ["127.0.0.0/8"] })), []);
  });

  for (const host of [
    "kubernetes.default.svc.cluster.local",
    "cluster.local",
    "kubernetes.default.svc",
    "metadata.google.internal",
    "instance-data.ec2.internal",
  ]) {
    it(`may not have its API server under a local name: ${host}`, () => {
      const bad = { "cluster-a": { ...ACCESS, server: `https://${host}:6443` } };
      assert.match(
        faults({ contract: meshContract(), access: bad }).join(),
        /access\.server: is a name of (?:this|a cloud)/,
      );
    });
  }

  it("may have its API server under a private name of its own", () => {
    const own = { "cluster-a": { ...ACCESS, server: "https://api.east.corp.internal:6443" } };
    assert.deepEqual(faults({ contract: meshContract(), access: own }), []);
  });

  for (const field of ["server", "certificateAuthority", "expires", "issued", "token"]) {
    it(`is refused without quoting a credential whose ${field} is invalid`, () => {
      const bad = { ...ACCESS, [field]: `${TOKEN} ${TOKEN}` };
      try {
        view({ contract: meshContract(), access: { "cluster-a": bad } });
        assert.fail("must fail");
      } catch (error) {
        assert.ok(error instanceof FaultsError, String(error));
        assert.ok(!JSON.stringify([error.message, error.faults]).includes(TOKEN));
      }
    });
  }

  const pending: [string, SampleReading, RegExp][] = [
    ["has no stack yet", { pending: "stack b does not exist" }, /^stack b does not exist$/],
    [
      "gives us no access",
      { contract: meshContract(), access: { "cluster-c": ACCESS } },
      /^stack b gives this cluster no access .* name cluster-a under peers in its config and run `pulumi up`, then run it here$/,
    ],
    [
      "publishes no access at all",
      { contract: meshContract(), access: null },
      /gives this cluster no access/,
    ],
    [
      "does not trust us",
      { contract: meshContract(), access, trustAnchors: {} },
      /^its workloads do not trust this cluster's yet; have its team run `pulumi up` on stack b, then run it here$/,
    ],
    [
      "trusts another root of ours",
      {
        contract: meshContract(),
        access,
        trustAnchors: { "cluster-a": { ...TRUSTING["cluster-a"], rootCertificates: [ROOT_C] } },
      },
      /^its workloads do not trust this cluster's yet/,
    ],
    [
      "trusts our root for another cluster",
      { contract: meshContract(), access, trustAnchors: { "cluster-c": TRUSTING["cluster-a"] } },
      /^its workloads do not trust this cluster's yet/,
    ],
    [
      "has a gateway without an address",
      { contract: meshContract({ gateways: [] }), access },
      /^its east-west gateway has no address yet/,
    ],
  ];
  for (const [what, reading, reason] of pending) {
    it(`is pending while it ${what}`, () => {
      const { peers, warnings } = view(reading);
      const peer = peers["cluster-b"];
      assert.ok(peer?.state === "pending");
      assert.match(peer.reason, reason);
      assert.equal(peer.since, "2026-11-21T10:00:00Z");
      assert.equal(peer.access, undefined);
      assert.match(warnings.join(), /^Peer cluster-b is pending: /);
    });
  }

  it("is pending in our first update", () => {
    const peer = view({ contract: meshContract(), access }, { contract: undefined }).peers["cluster-b"];
    assert.ok(peer?.state === "pending");
    assert.match(
      peer.reason,
      /this update publishes the roots; then have its team run `pulumi up` on stack b/,
    );
    assert.deepEqual(peer.pinned?.rootCertificates, [ROOT_B], "it is trusted before it is called");
  });

  it("need not publish trust in a shared root", () => {
    const own = providedPlan({ certificate: "", key: "", chain: [], roots: [ROOT_B] });
    const reading = { contract: meshContract(), access, trustAnchors: {} };
    const { peers } = viewMeshPeers(meshConfig(), { "cluster-b": reading }, FIRST_UPDATE, NOW, own);
    assert.equal(peers["cluster-b"]?.state, "ready");
  });

  it("needs no gateway in our own network", () => {
    const contract = meshContract({ gateways: [], network: "cluster-a" });
    assert.equal(view({ contract, access }).peers["cluster-b"]?.state, "ready");
  });

  describe("that has joined", () => {
    const joined = { joined: { "cluster-b": ACCESS }, pinned: PINNED, statuses: { "cluster-b": READY } };

    it("stays while its stack cannot be found", () => {
      const { peers, warnings } = view({ pending: "stack b does not exist" }, joined);
      const peer = peers["cluster-b"];
      assert.ok(peer?.state === "pending");
      assert.deepEqual(peer.access, ACCESS);
      assert.deepEqual(peer.pinned, PINNED["cluster-b"]);
      assert.match(warnings.join(), /istiod keeps its last access\b/);
    });

    it("stays while its gateway changes its address", () => {
      const reading = { contract: meshContract({ gateways: [] }), access };
      assert.equal(view(reading, joined).peers["cluster-b"]?.state, "ready");
    });

    it("stays while we rotate to a root that it does not trust yet", () => {
      const rotating = { ...joined, authority: { roots: [ROOT_A, ROOT_C] } };
      assert.equal(view({ contract: meshContract(), access }, rotating).peers["cluster-b"]?.state, "ready");
    });

    for (const [what, reading] of [
      ["revokes our access", { contract: meshContract(), access: {} }],
      ["is destroyed", { pending: "no output yet", trustAnchors: {} }],
    ] as const) {
      it(`is removed when it ${what}`, () => {
        const peer = view(reading, joined).peers["cluster-b"];
        assert.ok(peer?.state === "pending");
        assert.equal(peer.access, undefined);
      });
    }

    it("may not return with another root without consent", () => {
      const contract = meshContract({ rootCertificates: [ROOT_A] });
      assert.match(
        faults({ contract, access }, joined).join(),
        /contract\.rootCertificates: root of cluster-b changes/,
      );
    });
  });

  it("causes a warning about Secrets and the open gateway in each preview", () => {
    const { notes, warnings } = view({ contract: meshContract(), access });
    assert.match(
      notes.join("\n"),
      /gateway is open for every Service of cluster-a \(\*\.svc\.cluster\.local\)/,
    );
    assert.match(
      warnings.join("\n"),
      /istiods of cluster-b may read all Services, Pods and Secrets of cluster-a/,
    );
    assert.match(notes.join("\n"), /trust domain cluster\.local is that of this cluster, cluster-b/);
  });

  const lives: [string, string, RegExp | undefined][] = [
    ["none while there is time to renew it", "2026-11-26T09:59:59Z", undefined],
    [
      "not renewed in time",
      "2026-11-26T10:00:00Z",
      /expires on 2026-12-01T10:00:00Z and was not renewed; have its team run `pulumi up` on stack b/,
    ],
    ["expired", "2026-12-01T10:00:00Z", /expired on 2026-12-01T10:00:00Z: istiod sees no changes of it/],
  ];
  for (const [what, now, warning] of lives) {
    it(`causes a warning about our token: ${what}`, () => {
      const { peers, warnings } = view({ contract: meshContract(), access }, {}, meshConfig(), new Date(now));
      assert.equal(peers["cluster-b"]?.state, "ready");
      if (warning === undefined) assert.doesNotMatch(warnings.join(), /credential for peer/);
      else assert.match(warnings.join(), warning);
    });
  }
});
