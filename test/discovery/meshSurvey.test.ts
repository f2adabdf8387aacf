import assert from "node:assert/strict";
import { survey } from "../../discovery/survey.ts";
import { TOKEN, meshConfig, meshContract } from "../federation/meshSamples.ts";
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
    const config = { kubeconfig: own.kubeconfig, allowGatewayAddresses: ["127.0.0.0/8"], ...changes };
    const found = await survey(meshConfig(config));
    assert.ok("mesh" in found);
    return found;
  }

  it("finds a peer ready by its contract, its access for us, and its API server's answer", async () => {
    const stacks = { [PEER_STACK]: { federation: meshContract(), access: { "cluster-a": peer.access } } };
    const { mesh, peers, exports, leftovers, warnings } = await look(stacks);
    assert.deepEqual([peers, exports, leftovers, warnings], [{}, {}, {}, []]);
    assert.equal(mesh?.peers["cluster-b"]?.state, "ready");
    assert.equal(mesh.settings.tokenHours, 720);
  });

  it("stops where the API server refuses us, and shows no credential", async () => {
    const access = { "cluster-a": { ...peer.access, token: `${TOKEN}x` } };
    const stacks = { [PEER_STACK]: { federation: meshContract(), access } };
    const { message } = await faultsError(look(stacks));
    assert.match(message, /peers\.cluster-b\.access: .*refuses the credential/);
    assert.ok(!message.includes(TOKEN));
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
});
