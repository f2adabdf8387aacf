import assert from "node:assert/strict";
import { tryAccesses } from "../../discovery/peerAccess.ts";
import type { MeshPeer } from "../../federation/meshPeer.ts";
import type { PeerAccess } from "../../federation/peerAccess.ts";
import { TOKEN } from "../federation/meshSamples.ts";
import { ROOT_A } from "../federation/samples.ts";
import { PeerApiServer } from "../providers/support/peerApiServer.ts";
import { faultsError } from "./support.ts";

const pinned = { clusterDomain: "cluster.local", trustDomain: "cluster.local", rootCertificates: [] };
const STACKS = { "cluster-b": { stack: "acme/mesh/b" } };
const NOBODY = new Set<string>();

describe("tryAccesses", () => {
  let server: PeerApiServer;

  before(async () => (server = await PeerApiServer.start()));
  after(() => {
    server.stop();
  });

  beforeEach(() => {
    server.status = 200;
    server.requests.length = 0;
  });

  const peers = (changes: Partial<PeerAccess> = {}): Record<string, MeshPeer> => ({
    "cluster-b": { state: "ready", access: { ...server.access, ...changes }, pinned },
  });

  async function fault(changes: Partial<PeerAccess> = {}, known: Set<string> = NOBODY) {
    const { faults, message } = await faultsError(tryAccesses(peers(changes), STACKS, known));
    assert.ok(!message.includes(TOKEN));
    assert.deepEqual(
      faults.map(({ path }) => path),
      ["peers.cluster-b.access"],
    );
    return `${faults[0]?.rule}. ${faults[0]?.remedy}.`;
  }

  it("makes one request, for what istiod reads", async () => {
    assert.deepEqual(await tryAccesses(peers(), STACKS, NOBODY), []);
    assert.deepEqual(server.requests, ["GET /api/v1/namespaces?limit=1"]);
  });

  it("reaches an API server behind a path", async () => {
    assert.deepEqual(
      await tryAccesses(peers({ server: `${server.access.server}/k8s/c-1/` }), STACKS, NOBODY),
      [],
    );
    assert.deepEqual(server.requests, ["GET /k8s/c-1/api/v1/namespaces?limit=1"]);
  });

  it("asks no peer that is pending, by what is left of it", async () => {
    const gone: MeshPeer = { state: "pending", reason: "", since: "", access: server.access };
    assert.deepEqual(await tryAccesses({ "cluster-b": gone }, STACKS, NOBODY), []);
    assert.deepEqual(server.requests, []);
  });

  it("says that the peer's team must act when its API server refuses the credential", async () => {
    assert.match(
      await fault({ token: "other" }),
      /^refuses the credential .*Have its team run `pulumi up --refresh` on stack acme\/mesh\/b/,
    );
  });

  it("says so when it lets us read nothing", async () => {
    server.status = 403;
    assert.match(await fault(), /^does not let us read what istiod needs: 403.*on stack acme\/mesh\/b/);
  });

  it("says so when another one answers than the certificates tell", async () => {
    assert.match(
      await fault({ certificateAuthority: ROOT_A }),
      /^is not the API server that the peer says: .*Have its team correct singleMesh\.apiServer of stack acme\/mesh\/b/,
    );
  });

  it("says what both sides can do when nobody answers", async () => {
    assert.match(
      await fault({ server: "https://127.30.0.8:9" }),
      /^does not answer: .*ECONNREFUSED.*Open the way to it from here.*have its team correct singleMesh\.apiServer/,
    );
  });

  it("does not let a preview hang", async () => {
    server.status = undefined;
    const start = performance.now();
    assert.match(await fault(), /^does not answer: .*no answer within 4 s/);
    assert.ok(performance.now() - start < 6000);
  });

  it("only warns when a peer that istiod reads already does not answer now, and no more than that", async () => {
    const known = new Set(["cluster-b"]);
    const [warning, ...others] = await tryAccesses(peers({ server: "https://127.30.0.8:9" }), STACKS, known);
    assert.deepEqual(others, []);
    assert.match(warning ?? "", /^peers\.cluster-b\.access: .*127\.30\.0\.8:9.* does not answer/);
    assert.match(await fault({ token: "other" }, known), /^refuses the credential/);
  });
});
