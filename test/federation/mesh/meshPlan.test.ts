import assert from "node:assert/strict";
import type { LastRun } from "../../../federation/lastRun.ts";
import type { AccessFailure, MeshPeerState } from "../../../federation/mesh/meshPeer.ts";
import type { MeshConnection } from "../../../federation/mesh/meshPlan.ts";
import type { MeshReadings } from "../../../federation/snapshot.ts";
import { clusterPlanOf, faultsIn, planOf } from "../planning.ts";
import { ROOT_A, ROOT_B } from "../samples.ts";
import { ACCESS, NOW, TOKEN, TRUSTING, meshConfig, meshContract } from "./meshSamples.ts";

const PEERS = { peers: { "cluster-b": { stack: "acme/mesh/b" } } };
const CONTRACT = meshContract({ cluster: "cluster-a", rootCertificates: [ROOT_A] });
const REFUSED: AccessFailure = { status: 401, cause: "401", unreachable: false, passing: false };
const server = ACCESS.server;

/** Given to cluster-b, or by it to us. */
const reading = (access: object = ACCESS) => ({
  contract: meshContract(),
  access: { "cluster-a": access },
  trustAnchors: TRUSTING,
});

interface MeshGiven {
  lastRun?: Partial<LastRun>;
  mesh?: Partial<MeshReadings>;
  peer?: object;
  isPreview?: boolean;
}

function plan(
  { lastRun = {}, mesh = {}, peer = reading(), isPreview = true }: MeshGiven = {},
  changes: object = {},
) {
  const found = clusterPlanOf(meshConfig({ ...PEERS, ...changes }), {
    peers: { "cluster-b": peer as ReturnType<typeof reading> },
    lastRun: { contract: CONTRACT, ...lastRun },
    snapshot: {
      now: NOW,
      isPreview,
      mesh: { kubeconfigAuthority: { value: undefined }, ownAccess: undefined, accessFailures: {}, ...mesh },
    },
  });
  assert.ok(found.plan.connection.kind === "mesh");
  const connection: MeshConnection = found.plan.connection;
  assert.ok(![...found.warnings, ...found.notes].join().includes(TOKEN));
  return { ...found, settings: connection.settings, peer: connection.peers["cluster-b"] };
}

describe("A plan of a single mesh", () => {
  it("has a ready peer with contract, access and an answering API server", () => {
    const { plan: found, peer, settings, warnings } = plan();
    assert.equal(peer?.state, "ready");
    assert.equal(settings.tokenHours, 720);
    assert.match(warnings.join("\n"), /^The istiods of cluster-b may read all .*$/);
    assert.deepEqual(found.services, {});
    assert.deepEqual(Object.keys(found.pinned), ["cluster-b"]);
  });

  it("has a pending peer without a stack", () => {
    const { peer, warnings } = plan({ peer: { pending: "stack acme/mesh/b does not exist" } });
    assert.equal(peer?.state, "pending");
    assert.match(warnings.join(), /Peer cluster-b is pending: .* does not exist/);
  });

  it("renews its token though the peer's token has expired", () => {
    const life = { issued: "2020-01-01T00:00:00Z", expires: "2020-02-01T00:00:00Z" };
    const ended = { ...ACCESS, ...life, token: "ended" };
    const lastRun = { credentials: { "cluster-b": life }, joined: { "cluster-b": ended } };
    const { peer, warnings, notes } = plan({
      peer: reading(ended),
      lastRun,
      mesh: { accessFailures: { "cluster-b": REFUSED } },
    });
    assert.match(notes.join("\n"), /for this cluster expired on 2020-02-01T00:00:00Z: this update renews it/);
    assert.match(
      warnings.join("\n"),
      /refuses our credential, which expired on 2020-02-01T00:00:00Z; have its team/,
    );
    assert.equal(peer?.access?.token, ended.token);
  });

  it("has a note when this update renews a token", () => {
    const credentials = { "cluster-b": { issued: "2020-01-01T00:00:00Z", expires: "2020-02-01T00:00:00Z" } };
    const { notes } = plan({ peer: { pending: "not there" }, lastRun: { credentials } });
    assert.match(
      notes.join("\n"),
      /credential of peer cluster-b for this cluster expired on .*: this update renews it/,
    );
  });

  it("warns of shortened lifetimes in a preview only", () => {
    const life = { issued: "2026-11-20T10:00:00Z", expires: "2026-11-22T10:00:00Z", hours: 720 };
    const lastRun = { credentials: { "cluster-b": life } };
    const [preview, update] = [true, false].map((isPreview) => plan({ lastRun, isPreview }).warnings.join());
    assert.match(preview ?? "", /not the 720 h of singleMesh\.tokenHours/);
    assert.doesNotMatch(update ?? "", /tokenHours/);
  });

  it("warns that a removed peer keeps its token until it expires", () => {
    const life = { issued: "2026-11-01T00:00:00Z", expires: "2126-12-01T00:00:00Z" };
    const { warnings } = plan({ lastRun: { credentials: { "cluster-b": life, "cluster-x": life } } });
    assert.match(
      warnings.join("\n"),
      /^Peer cluster-x loses its access .* keeps what it has read of cluster-a's Secrets/m,
    );
    assert.doesNotMatch(warnings.join("\n"), /cluster-b loses/);
  });

  for (const skipped of ["peers.cluster-x", "peers"]) {
    it(`says nothing of a peer whose config is faulty, at ${skipped}`, () => {
      const life = { issued: "2026-11-01T00:00:00Z", expires: "2126-12-01T00:00:00Z" };
      const given = { peers: {}, lastRun: { credentials: { "cluster-x": life } } };
      const { warnings } = planOf(meshConfig({ peers: {} }), given, [skipped]);
      assert.deepEqual(warnings, []);
    });
  }
});

describe("A peer whose API server was queried", () => {
  const after = (failure: AccessFailure, access: object = ACCESS, lastRun: Partial<LastRun> = {}) => {
    const found = plan({
      peer: reading(access),
      lastRun,
      mesh: { accessFailures: { "cluster-b": failure } },
    });
    const warnings = found.warnings.filter((warning) => !warning.startsWith("The istiods of"));
    return { peer: found.peer as MeshPeerState, warning: warnings.join("\n"), pinned: found.plan.pinned };
  };

  /** Why a new peer is pending. */
  function reason(failure: AccessFailure, access: object = ACCESS): string {
    const { peer, warning, pinned } = after(failure, access);
    assert.ok(peer.state === "pending");
    assert.equal(peer.access, undefined);
    assert.deepEqual(Object.keys(pinned), ["cluster-b"]);
    assert.equal(warning.split("\n").at(-1), `Peer cluster-b is pending: ${peer.reason}`);
    return peer.reason;
  }

  it("is pending when it refuses the token", () => {
    assert.match(
      reason(REFUSED),
      /^its API server https:.* refuses the credential .*; have its team run `pulumi up --refresh` on stack acme\/mesh\/b, then run it here$/,
    );
  });

  it("is pending when the token has expired", () => {
    assert.match(
      reason(REFUSED, { ...ACCESS, expires: "2026-11-01T00:00:00Z" }),
      /refuses our credential, which expired on 2026-11-01T00:00:00Z; have its team run `pulumi up` on stack acme/,
    );
  });

  it("is pending when it permits no reads", () => {
    const failure = { ...REFUSED, status: 403, cause: "403 Forbidden" };
    assert.match(reason(failure), /does not permit the reads that istiod needs: 403.*on stack acme\/mesh\/b/);
  });

  it("is pending when the server's certificate is not from the published authority", () => {
    const failure = { status: undefined, cause: "self-signed", unreachable: true, passing: false };
    assert.match(
      reason(failure),
      /is not the API server that the peer published: .*have its team correct singleMesh\.apiServer of stack acme\/mesh\/b/,
    );
  });

  it("joins with a warning when it does not answer here", () => {
    const failure = { status: undefined, cause: "ECONNREFUSED", unreachable: true, passing: true };
    const { peer, warning } = after(failure);
    assert.equal(peer.state, "ready");
    assert.ok(warning.startsWith(`peers.cluster-b.access: "${server}" does not answer here`), warning);
    assert.match(
      warning,
      /ECONNREFUSED.*open the network path from istiod, or have its team correct singleMesh\.apiServer/,
    );
  });

  it("joins when it is busy", () => {
    const failure = { status: 429, cause: "429 Too Many Requests", unreachable: false, passing: true };
    const { peer, warning } = after(failure);
    assert.equal(peer.state, "ready");
    assert.match(warning, /too busy to answer.*429/);
  });

  it("keeps istiod's last access when it refuses access now", () => {
    const before = { ...ACCESS, token: "other", expires: "2026-11-01T00:00:00Z" };
    const lastRun = { joined: { "cluster-b": before } };
    for (const access of [before, { ...ACCESS, certificateAuthority: ROOT_B }]) {
      const { peer, warning } = after(REFUSED, access, lastRun);
      assert.ok(peer.state === "pending");
      assert.deepEqual(peer.access, before);
      assert.match(warning, /istiod keeps its last access$/m);
    }
  });

  it("keeps the time since when it refuses access", () => {
    const since = "2026-11-20T10:00:00Z";
    const status = { state: "pending", reason: "", since, imported: 0 } as const;
    const { peer } = after(REFUSED, ACCESS, { statuses: { "cluster-b": status } });
    assert.ok(peer.state === "pending");
    assert.equal(peer.since, since);
  });

  it("is not reported while the peer is pending for another reason", () => {
    const peer = { contract: meshContract(), trustAnchors: TRUSTING };
    const found = plan({ peer, mesh: { accessFailures: { "cluster-b": REFUSED } } });
    assert.ok(found.peer?.state === "pending");
    assert.match(found.peer.reason, /gives this cluster no access/);
  });
});

describe("This cluster's own API server in a single mesh", () => {
  const own = "https://203.0.113.10:6443";
  const singleMesh = (apiServer: object) => ({
    singleMesh: { meshId: "mesh1", allowPeersToReadSecrets: true, apiServer: { server: own, ...apiServer } },
  });
  const settle = (kubeconfigAuthority: MeshReadings["kubeconfigAuthority"], apiServer: object = {}) =>
    plan({ mesh: { kubeconfigAuthority } }, singleMesh(apiServer)).settings.apiServer;
  const kubeconfigFault = { path: "kubeconfig", rule: "cannot be used", remedy: "Provide that file" };

  it("has the config's certificates without the kubeconfig", () => {
    const given = { server: own, certificateAuthority: ROOT_A };
    assert.deepEqual(settle({ faults: [kubeconfigFault] }, { certificateAuthority: ROOT_A }), given);
  });

  it("has the kubeconfig's certificates by default, and the config's address", () => {
    assert.deepEqual(settle({ value: ROOT_B }), { server: own, certificateAuthority: ROOT_B });
  });

  it("has certificates only, even from a file that also has a key", () => {
    const noted = settle({ value: `a note\n${ROOT_A}another\n${ROOT_B}` });
    assert.equal(noted.certificateAuthority, `${ROOT_A}${ROOT_B}`);
    const key = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n";
    const [fault, ...others] = faultsIn(() => settle({ value: `${ROOT_A}${key}` }));
    assert.deepEqual(others, []);
    assert.equal(fault?.path, "singleMesh.apiServer.certificateAuthority");
    assert.match(fault.rule, /has a private key in it/);
    assert.match(fault.remedy, /^Remove the key/);
    assert.ok(!JSON.stringify(fault).includes("c2VjcmV0"));
  });

  for (const [what, value] of [
    ["has none", undefined],
    ["has an invalid one", "x"],
  ] as const) {
    it(`is a fault when the kubeconfig ${what}, too`, () => {
      assert.deepEqual(
        faultsIn(() => settle({ value })).map(({ path }) => path),
        ["singleMesh.apiServer.certificateAuthority"],
      );
    });
  }

  it("is a fault of the kubeconfig alone when that cannot be read", () => {
    assert.deepEqual(
      faultsIn(() => settle({ faults: [kubeconfigFault] })),
      [kubeconfigFault],
    );
  });

  it("is a fault when its certificate is not from the published authority", () => {
    const ownAccess = { status: undefined, cause: "self-signed", unreachable: true, passing: false };
    const [fault, ...others] = faultsIn(() => plan({ mesh: { ownAccess } }));
    assert.deepEqual(others, []);
    assert.deepEqual([fault?.path, fault?.value], ["singleMesh.apiServer", own]);
    assert.match(fault?.rule ?? "", /^has a certificate that .* does not vouch for.*self-signed$/);
    assert.match(fault?.remedy ?? "", /in this stack's config/);
  });

  for (const [what, ownAccess] of [
    ["cannot be reached from here", { status: undefined, cause: "", unreachable: true, passing: true }],
    ["refuses requests without a credential", { status: 401, cause: "", unreachable: false, passing: false }],
  ] as const) {
    it(`may be one that ${what}`, () => {
      assert.equal(plan({ mesh: { ownAccess } }).peer?.state, "ready");
    });
  }
});
