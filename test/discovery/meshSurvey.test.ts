import assert from "node:assert/strict";
import { survey } from "../../discovery/survey.ts";
import { TOKEN, TRUSTING, meshConfig, meshContract } from "../federation/mesh/meshSamples.ts";
import { ROOT_A } from "../federation/samples.ts";
import { FakeApiServer } from "../providers/support/fakeApiServer.ts";
import { PeerApiServer } from "../providers/support/peerApiServer.ts";
import { OWN_STACK, type Stacks, faultsError, withStacks } from "./support.ts";

const PEER_STACK = "organization/istio-federation/b";

describe("A survey in a single mesh", () => {
  let own: FakeApiServer;
  let peer: PeerApiServer;

  before(async () => {
    [own, peer] = await Promise.all([FakeApiServer.start(), PeerApiServer.start()]);
    own.answer({ status: 200, body: { items: [] } });
  });

  after(() => {
    own.stop();
    peer.stop();
  });

  async function look(stacks: Stacks, changes: Record<string, unknown> = {}) {
    await withStacks(stacks);
    const { server, certificateAuthority } = peer.access;
    const singleMesh = {
      meshId: "mesh1",
      apiServer: { server, certificateAuthority },
      allowPeersToReadSecrets: true,
    };
    const config = {
      singleMesh,
      kubeconfig: own.kubeconfig,
      allowGatewayAddresses: ["127.0.0.0/8"],
      ...changes,
    };
    const found = await survey(meshConfig(config));
    assert.ok("mesh" in found);
    return found;
  }

  /** What the stacks have of each other after their first updates; cluster-b's is changed by so much. */
  const stacksWith = (change: object, last: object = {}): Stacks => ({
    [PEER_STACK]: {
      federation: meshContract(),
      access: { "cluster-a": { ...peer.access, ...change } },
      trustAnchors: TRUSTING,
    },
    [OWN_STACK]: {
      federation: meshContract({ cluster: "cluster-a", rootCertificates: [ROOT_A] }),
      ...last,
    },
  });

  it("finds a peer ready by its contract, its access for us, and its API server's answer", async () => {
    const { mesh, peers, exports, leftovers, warnings } = await look(stacksWith({}));
    assert.deepEqual([peers, exports, leftovers], [{}, {}, {}]);
    assert.match(warnings.join("\n"), /^The istiods of cluster-b may read all .*$/);
    assert.equal(mesh?.peers["cluster-b"]?.state, "ready");
    assert.equal(mesh.settings.tokenHours, 720);
  });

  it("waits where the API server refuses us, and shows no credential", async () => {
    const { mesh, warnings } = await look(stacksWith({ token: `${TOKEN}x` }));
    assert.equal(mesh?.peers["cluster-b"]?.state, "pending");
    assert.match(warnings.join("\n"), /Peer cluster-b is pending: its API server .* refuses the credential/);
    assert.ok(!warnings.join().includes(TOKEN));
  });

  it("goes on when the credentials for each other have both ended: either side's update renews what it gave", async () => {
    const life = { issued: "2020-01-01T00:00:00Z", expires: "2020-02-01T00:00:00Z" };
    const ended = { ...peer.access, ...life, token: "ended" };
    const last = { credentials: { "cluster-b": life }, joined: { "cluster-b": ended } };
    const { mesh, warnings, notes } = await look(stacksWith(ended, last));
    assert.match(notes.join("\n"), /for this cluster ended on 2020-02-01T00:00:00Z: this update renews it/);
    assert.match(
      warnings.join("\n"),
      /refuses our credential, which ended on 2020-02-01T00:00:00Z; have its team/,
    );
    assert.equal(mesh?.peers["cluster-b"]?.access?.token, ended.token);
  });

  it("waits for a peer that is not there", async () => {
    const { mesh, warnings } = await look({});
    assert.equal(mesh?.peers["cluster-b"]?.state, "pending");
    assert.match(warnings.join(), /Peer cluster-b is pending: .* does not exist/);
  });

  it("says when this update renews a credential", async () => {
    const credentials = { "cluster-b": { issued: "2020-01-01T00:00:00Z", expires: "2020-02-01T00:00:00Z" } };
    const { notes } = await look({ [OWN_STACK]: { credentials } });
    assert.match(
      notes.join("\n"),
      /credential of peer cluster-b for this cluster ended on .*: this update renews it/,
    );
  });

  it("warns of what a peer keeps that it takes access from", async () => {
    const life = { issued: "2026-11-01T00:00:00Z", expires: "2126-12-01T00:00:00Z" };
    const last = { credentials: { "cluster-b": life, "cluster-x": life } };
    const { warnings } = await look(stacksWith({}, last));
    assert.match(
      warnings.join("\n"),
      /^Peer cluster-x loses its access .* keeps what it has read of cluster-a's Secrets/m,
    );
    assert.doesNotMatch(warnings.join("\n"), /cluster-b loses/);
  });

  it("stops where this stack's own API server is not what peers would be told, as only this side can mend that", async () => {
    const apiServer = { server: peer.access.server, certificateAuthority: ROOT_A };
    const singleMesh = { meshId: "mesh1", apiServer, allowPeersToReadSecrets: true };
    const { message } = await faultsError(look(stacksWith({}), { singleMesh }));
    assert.match(
      message,
      /singleMesh\.apiServer: "https:.*" has a certificate that .* does not vouch for.*in this stack's config/,
    );
  });

  it("does not mind that this stack's own API server cannot be reached from here by the address for peers", async () => {
    const apiServer = { server: "https://127.30.0.8:9", certificateAuthority: ROOT_A };
    const singleMesh = { meshId: "mesh1", apiServer, allowPeersToReadSecrets: true };
    const { mesh } = await look(stacksWith({}), { singleMesh });
    assert.equal(mesh?.peers["cluster-b"]?.state, "ready");
  });
});
