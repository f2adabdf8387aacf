import assert from "node:assert/strict";
import { tryAccesses } from "../../discovery/peerAccess.ts";
import type { PeerAccess } from "../../federation/mesh/credential.ts";
import type { MeshPeer } from "../../federation/mesh/meshPeer.ts";
import { NOW, TOKEN } from "../federation/mesh/meshSamples.ts";
import { ROOT_A } from "../federation/samples.ts";
import { PeerApiServer } from "../providers/support/peerApiServer.ts";

const pinned = { clusterDomain: "cluster.local", trustDomain: "cluster.local", rootCertificates: [] };
const STACKS = { "cluster-b": { stack: "acme/mesh/b" } };

describe("tryAccesses", () => {
  let server: PeerApiServer;

  before(async () => (server = await PeerApiServer.start()));
  after(() => {
    server.stop();
  });

  beforeEach(() => {
    server.status = 200;
    server.endless = false;
    server.requests.length = 0;
  });

  const peers = (changes: Partial<PeerAccess> = {}): Record<string, MeshPeer> => ({
    "cluster-b": { state: "ready", access: { ...server.access, ...changes }, pinned },
  });

  /** What an update makes of the peer, and what it says. */
  async function look(changes: Partial<PeerAccess> = {}, joined: Record<string, PeerAccess> = {}) {
    const found = await tryAccesses(peers(changes), STACKS, { joined, statuses: {} }, NOW);
    assert.ok(!found.warnings.join().includes(TOKEN));
    const peer = found.peers["cluster-b"];
    assert.ok(peer !== undefined);
    return { peer, warning: found.warnings.join() };
  }

  /** Why a new peer is pending. */
  async function reason(changes: Partial<PeerAccess> = {}): Promise<string> {
    const { peer, warning } = await look(changes);
    assert.ok(peer.state === "pending");
    assert.equal(peer.access, undefined);
    assert.deepEqual(peer.pinned, pinned);
    assert.equal(warning, `Peer cluster-b is pending: ${peer.reason}`);
    return peer.reason;
  }

  it("makes one request, for what istiod reads", async () => {
    const { peer, warning } = await look();
    assert.deepEqual([peer.state, warning], ["ready", ""]);
    assert.deepEqual(server.requests, ["GET /api/v1/namespaces?limit=1"]);
  });

  it("reaches an API server behind a path", async () => {
    assert.equal((await look({ server: `${server.access.server}/k8s/c-1/` })).warning, "");
    assert.deepEqual(server.requests, ["GET /k8s/c-1/api/v1/namespaces?limit=1"]);
  });

  it("asks no peer that is pending, by what is left of it", async () => {
    const gone: MeshPeer = { state: "pending", reason: "", since: "", access: server.access };
    const found = await tryAccesses({ "cluster-b": gone }, STACKS, { joined: {}, statuses: {} }, NOW);
    assert.deepEqual(found, { peers: { "cluster-b": gone }, warnings: [] });
    assert.deepEqual(server.requests, []);
  });

  it("says that the peer's team must act when its API server refuses the credential", async () => {
    assert.match(
      await reason({ token: "other" }),
      /^its API server https:.* refuses the credential .*; have its team run `pulumi up --refresh` on stack acme\/mesh\/b, then run it here$/,
    );
  });

  it("says so when the credential has ended", async () => {
    assert.match(
      await reason({ token: "other", expires: "2026-11-01T00:00:00Z" }),
      /refuses our credential, which ended on 2026-11-01T00:00:00Z; have its team run `pulumi up` on stack acme/,
    );
  });

  it("says so when it lets us read nothing", async () => {
    server.status = 403;
    assert.match(await reason(), /does not let us read what istiod needs: 403.*on stack acme\/mesh\/b/);
  });

  it("says so when another one answers than the certificates tell", async () => {
    assert.match(
      await reason({ certificateAuthority: ROOT_A }),
      /is not the API server that the peer says: .*have its team correct singleMesh\.apiServer of stack acme\/mesh\/b/,
    );
  });

  it("lets a peer join that does not answer here, as istiod may have another way to it, and says what both sides can do", async () => {
    const { peer, warning } = await look({ server: "https://127.30.0.8:9" });
    assert.equal(peer.state, "ready");
    assert.match(
      warning,
      /^peers\.cluster-b\.access: .*127\.30\.0\.8:9" does not answer here.*ECONNREFUSED.*open the way from istiod, or have its team correct singleMesh\.apiServer/,
    );
  });

  it("does not let a preview hang", async () => {
    server.status = undefined;
    const start = performance.now();
    assert.match((await look()).warning, /does not answer here.*no answer within 4 s/);
    assert.ok(performance.now() - start < 6000);
  });

  for (const status of [200, 403]) {
    it(`reads no more of an answer than it needs: ${status}`, async () => {
      server.endless = true;
      server.status = status;
      const start = performance.now();
      const { peer } = await look();
      assert.equal(peer.state, status === 200 ? "ready" : "pending");
      assert.ok(performance.now() - start < 3000);
    });
  }

  for (const status of [429, 500, 503]) {
    it(`lets a peer join whose API server is busy: ${status}`, async () => {
      server.status = status;
      const { peer, warning } = await look();
      assert.equal(peer.state, "ready");
      assert.match(warning, new RegExp(`${status === 429 ? "too busy" : "not answer here"}.*${status}`));
    });
  }

  it("leaves istiod what it had of a peer that refuses us now, so that this side can still renew what it gave", async () => {
    const before = { ...server.access, token: "other", expires: "2026-11-01T00:00:00Z" };
    for (const change of [before, { ...server.access, certificateAuthority: ROOT_A }]) {
      const { peer, warning } = await look(change, { "cluster-b": before });
      assert.ok(peer.state === "pending");
      assert.deepEqual(peer.access, before);
      assert.match(warning, /What istiod knew of it before stays$/);
    }
  });

  it("keeps since when a peer refuses us", async () => {
    const since = "2026-11-20T10:00:00Z";
    const status = { state: "pending", reason: "", since, imported: 0 } as const;
    const last = { joined: {}, statuses: { "cluster-b": status } };
    const { peers: views } = await tryAccesses(peers({ token: "other" }), STACKS, last, NOW);
    const peer = views["cluster-b"];
    assert.ok(peer?.state === "pending");
    assert.equal(peer.since, since);
  });
});
