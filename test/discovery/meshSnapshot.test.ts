import assert from "node:assert/strict";
import { readSnapshot } from "../../discovery/snapshot.ts";
import type { PeerAccess } from "../../federation/mesh/credential.ts";
import type { MeshReadings } from "../../federation/snapshot.ts";
import { signed } from "../federation/signers.ts";
import { TOKEN, TRUSTING, meshConfig, meshContract } from "../federation/mesh/meshSamples.ts";
import { ROOT_A, ROOT_B } from "../federation/samples.ts";
import { fakeApiServer, listOf, objectOrNotFound } from "../providers/support/fakeApiServer.ts";
import { PeerApiServer } from "../providers/support/peerApiServer.ts";
import { OWN_STACK, type Stacks, plannedCluster, withStacks } from "./support.ts";

const PEER_STACK = "organization/istio-federation/b";
const SILENT = "https://127.30.0.8:9";

describe("A snapshot in a single mesh", () => {
  const own = fakeApiServer();
  let peer: PeerApiServer;

  before(async () => {
    peer = await PeerApiServer.start();
    // A list has a query, and one object has none.
    own.answerBy((request) => (/\?|\/version$/.test(request) ? listOf([]) : objectOrNotFound(undefined)));
  });

  after(() => {
    peer.stop();
  });

  beforeEach(() => {
    peer.status = 200;
    peer.endless = false;
    peer.requests.length = 0;
  });

  /** @param apiServer of this stack; by default one that does not answer. */
  const configOf = (apiServer: object = { server: SILENT, certificateAuthority: ROOT_A }) =>
    meshConfig({
      singleMesh: { meshId: "mesh1", apiServer, allowPeersToReadSecrets: true },
      kubeconfig: own.kubeconfig,
      allowGatewayAddresses: ["127.0.0.0/8"],
    });

  /** Outputs of both stacks after their first updates. @param access fields of cluster-b's access to replace. */
  const stacksWith = async (access: Partial<PeerAccess> = {}): Promise<Stacks> => ({
    [PEER_STACK]: {
      federation: await signed(meshContract()),
      access: { "cluster-a": { ...peer.access, ...access } },
      trustAnchors: TRUSTING,
    },
    [OWN_STACK]: { federation: meshContract({ cluster: "cluster-a", rootCertificates: [ROOT_A] }) },
  });

  async function read(access: Partial<PeerAccess> = {}, apiServer?: object): Promise<MeshReadings> {
    await withStacks(await stacksWith(access));
    const { mesh } = await readSnapshot(configOf(apiServer));
    assert.ok(mesh !== undefined);
    assert.ok(!JSON.stringify(mesh).includes(TOKEN));
    return mesh;
  }

  const failureOf = async (access: Partial<PeerAccess> = {}) =>
    (await read(access)).accessFailures["cluster-b"];

  it("queries a peer's API server once for each kind that istiod reads", async () => {
    assert.equal(await failureOf(), undefined);
    assert.deepEqual(peer.requests, ["GET /api/v1/namespaces?limit=1"]);
  });

  it("queries an API server behind a URL path", async () => {
    assert.equal(await failureOf({ server: `${peer.access.server}/k8s/c-1/` }), undefined);
    assert.deepEqual(peer.requests, ["GET /k8s/c-1/api/v1/namespaces?limit=1"]);
  });

  it("queries no API server with unreadable access or at a refused address", async () => {
    for (const access of [
      { token: "two lines\n" },
      { server: "https://kubernetes.default.svc.cluster.local" },
    ]) {
      assert.equal(await failureOf(access), undefined);
    }
    assert.deepEqual(peer.requests, []);
  });

  it("reports whether the credential or the permission was refused", async () => {
    const refused = await failureOf({ token: "other" });
    assert.deepEqual([refused?.status, refused?.unreachable, refused?.passing], [401, false, false]);
    peer.status = 403;
    const lacking = await failureOf();
    assert.deepEqual([lacking?.status, lacking?.unreachable, lacking?.passing], [403, false, false]);
  });

  it("reports that the server's certificate is not from the published authority", async () => {
    const other = await failureOf({ certificateAuthority: ROOT_B });
    assert.deepEqual([other?.status, other?.unreachable, other?.passing], [undefined, true, false]);
  });

  it("reports that nothing answers", async () => {
    const silent = await failureOf({ server: SILENT });
    assert.deepEqual([silent?.status, silent?.unreachable, silent?.passing], [undefined, true, true]);
    assert.match(silent?.cause ?? "", /ECONNREFUSED/);
  });

  it("gives up on an API server that hangs", async () => {
    peer.status = undefined;
    const start = performance.now();
    assert.match((await failureOf())?.cause ?? "", /no answer within 4 s/);
    assert.ok(performance.now() - start < 6000);
  });

  for (const status of [200, 403]) {
    it(`stops reading an endless answer: ${status}`, async () => {
      peer.endless = true;
      peer.status = status;
      const start = performance.now();
      assert.equal((await failureOf())?.status, status === 200 ? undefined : 403);
      assert.ok(performance.now() - start < 3000);
    });
  }

  for (const status of [429, 500, 503]) {
    it(`reports a busy API server as such: ${status}`, async () => {
      peer.status = status;
      const busy = await failureOf();
      assert.deepEqual([busy?.status, busy?.unreachable, busy?.passing], [status, status !== 429, true]);
    });
  }

  it("queries this cluster's own API server as peers would, without a credential", async () => {
    const { server, certificateAuthority } = peer.access;
    const { ownAccess } = await read({ token: "other" }, { server, certificateAuthority });
    assert.equal(ownAccess?.status, 401);
    const other = await read({}, { server, certificateAuthority: ROOT_B });
    assert.deepEqual([other.ownAccess?.unreachable, other.ownAccess?.passing], [true, false]);
    const away = await read();
    assert.deepEqual([away.ownAccess?.unreachable, away.ownAccess?.passing], [true, true]);
  });

  it("does not query an own API server with unknown certificates", async () => {
    const { ownAccess, kubeconfigAuthority } = await read({}, { server: peer.access.server });
    assert.deepEqual(kubeconfigAuthority, { value: undefined });
    assert.equal(ownAccess, undefined);
    assert.equal(peer.requests.length, 1);
  });

  it("gives a plan in which the peer has joined, or is pending where it refuses access", async () => {
    await withStacks(await stacksWith());
    const { plan } = await plannedCluster(configOf());
    assert.ok(plan.connection.kind === "mesh");
    assert.equal(plan.connection.peers["cluster-b"]?.state, "ready");
    assert.ok(
      !own.requests.some((request) =>
        /(serviceentries|authorizationpolicies)(?!.*managed-by%3Distio-federation)/.test(request),
      ),
      "there are no imports",
    );
    await withStacks(await stacksWith({ token: `${TOKEN}x` }));
    const refused = await plannedCluster(configOf());
    assert.ok(refused.plan.connection.kind === "mesh");
    assert.equal(refused.plan.connection.peers["cluster-b"]?.state, "pending");
    assert.match(
      refused.warnings.join("\n"),
      /Peer cluster-b is pending: its API server .* refuses the credential/,
    );
    assert.ok(!refused.warnings.join().includes(TOKEN));
  });
});
