import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Contract } from "../../federation/contract/contract.ts";
import type { PeerStatus } from "../../federation/imports/registration.ts";
import { networkAt } from "../../lab/addressRange.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { mintLeaf, stealAuthority } from "../../lab/proofs/forgery.ts";
import { GATEWAY_PORT } from "../../lab/proofs/gateway.ts";
import { identityOf, partyIn } from "../../lab/proofs/proof.ts";
import { changesNothing, Stack } from "../../lab/pulumi.ts";
import { waitFor } from "../../lab/ready.ts";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT } from "../../lab/workloads/workload.ts";
import type { MetadataExporter } from "../support/metadataExporter.ts";
import { expectAnalyzed } from "./analyzed.ts";
import { expectDeckhouseDocuments } from "./deckhouseDocuments.ts";
import { exporterOf, makeIdentity } from "./deckhouseExporter.ts";
import { importedHosts, leadTo } from "./importedHosts.ts";
import { peerC, stackWithPeerC } from "./peerC.ts";
import { whileServing } from "../../lab/proofs/peerServer.ts";
import { PublishGateway } from "./publishGateway.ts";
import { CONTRACT_OF_C, unpublishStack } from "./publishedStack.ts";
import { type FederatedLab, secrets, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";

const BAZ = "baz.team.svc.cluster-c.local";
const BAR = "bar.xyz.svc.cluster-b.local";
const GATEWAY_OF_NOBODY = { address: `${networkAt(3)}.0.3`, port: GATEWAY_PORT };

describe("a stack's peers", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let stack: Stack;

  before(async () => {
    federated = await sharedLab();
    stack = new Stack("cluster-a", federated.lab);
  });

  const withPeerC = (outputs: Record<string, unknown>, test: (edited: Stack) => Promise<void>) =>
    peerC(federated.lab, outputs, test);

  it("are shown service by service in the preview that brings them", async () => {
    await withPeerC({ federation: CONTRACT_OF_C }, async (edited) => {
      const { exitCode, output } = await edited.run("preview", "--diff");
      assert.equal(exitCode, 0);
      assert.match(
        output,
        /^peer cluster-c: \+ baz\.team\.svc\.cluster-c\.local: 8080\/HTTP http as spiffe:\/\/cluster-c\.local/m,
      );
    });
  });

  it("that cannot be trusted are refused alone, and stop the run only where they are required", async () => {
    const broken = {
      ...CONTRACT_OF_C,
      clusterDomain: "Not A Domain",
      gateways: [{ address: "127.0.0.1", port: 99999 }],
    };
    await withPeerC({ federation: broken }, async (edited) => {
      const { exitCode, output } = await edited.run("up", "--yes", "--skip-preview");
      assert.equal(exitCode, 0, output);
      assert.match(output, /error: Peer cluster-c is refused, as its contract cannot be read or trusted/);
      assert.match(output, /clusterDomain: "Not A Domain"/);
      assert.match(output, /port: 99999/);
      assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [BAR]);
      const { "cluster-b": b, "cluster-c": c } = (await edited.output("peers")) as Record<string, PeerStatus>;
      assert.deepEqual([b?.state, c?.state], ["ready", "refused"]);

      const strict = await stackWithPeerC(federated.lab, { required: true });
      const refused = await strict.run("preview");
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.output, /clusterDomain: "Not A Domain"/);
      assert.doesNotMatch(refused.output, /at .*\.ts:\d+/, "no stack trace for a person's mistake");
    });
  });

  /** Stack cluster-a with one peer, which is a Deckhouse cluster. */
  const withDeckhouse = async (name: string, deckhouse: object, trustDomain: string): Promise<Stack> => {
    const configFile = await editedStackFile(federated.lab, "cluster-a", (config) => {
      config["istio-federation:peers"] = { [name]: { deckhouse, identity: { trustDomain } } };
    });
    return new Stack("cluster-a", federated.lab, { configFile });
  };

  it("lose their entries and their roots when they leave the config, and nothing else", async () => {
    // The peer in their place does not answer; for it the stack makes a key.
    const deckhouse = { metadataEndpoint: "https://127.0.0.1:1/metadata/" };
    const without = await withDeckhouse("cluster-d", deckhouse, "cluster-d.local");
    await without.up();
    assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), []);
    assert.deepEqual(await without.output("trustAnchors"), {});
    const { "cluster-d": status } = (await without.output("peers")) as Record<string, PeerStatus>;
    assert.match(status!.reason, /public\/public\.json cannot be read: .*ECONNREFUSED/);
  });

  it("are read as a Deckhouse cluster, read us as one, are called through its gateway, and back in the config as before", async () => {
    const [ofB, ofD] = [makeIdentity("b"), makeIdentity("d")];
    const contract = (await new Stack("cluster-b", federated.lab).output("federation")) as Contract;
    const exporter = await exporterOf(federated.lab, contract, ofB, "cluster-a");
    const another = await exporterOf(federated.lab, { ...CONTRACT_OF_C, services: {} }, ofD, "cluster-a");
    const gateway = await PublishGateway.prepare(federated.lab, CLUSTERS[0]);
    const configFile = await editedStackFile(federated.lab, "cluster-a", (config) => {
      // Without identities: any workload of the trust domain is accepted, and none of another.
      const peerOf = ({ endpoint, certificate }: MetadataExporter, trustDomain: string) => ({
        deckhouse: { metadataEndpoint: endpoint, ca: certificate },
        identity: { trustDomain },
      });
      config["istio-federation:publish"] = gateway.section;
      config["istio-federation:peers"] = {
        "cluster-b": peerOf(exporter, "cluster-b.local"),
        "cluster-d": peerOf(another, "cluster-d.local"),
      };
    });
    try {
      const reading = new Stack("cluster-a", federated.lab, { configFile });
      await reading.up();
      assert.deepEqual(exporter.reasons, []);
      secrets.keys.set(await gateway.certify(), "the key of the gateway that serves documents");
      for (const { key } of [ofB, ofD]) secrets.keys.set(key, "the key of a Deckhouse cluster");
      assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [BAR]);
      await expectDeckhouseDocuments(gateway, ofB, ofD);
      await expectAnalyzed(federated.lab);
      const [a, b] = [partyIn(CLUSTERS[0], true), partyIn(CLUSTERS[1], true)];
      const call = () => callService(a, BAR, SERVICE_PORT);
      await waitFor("cluster-b does not answer", async () => (await call()).status === 200, 30);
      const { identity, server } = await call();
      assert.deepEqual([identity, server], [identityOf(a), b.address]);
      const { lab } = federated;
      await leadTo(lab, BAR, GATEWAY_OF_NOBODY);
      for (const [cluster, claimed, status] of [
        ["cluster-b", "spiffe://cluster-b.local/ns/else/sa/where", 200],
        ["cluster-a", identityOf(a), 503],
      ] as const) {
        const leaf = await mintLeaf(await stealAuthority(lab.kubeconfig, cluster), claimed);
        const answers = async () =>
          (await whileServing(GATEWAY_OF_NOBODY, leaf, call)).result.status === status;
        await waitFor(`${claimed} is not answered by ${status}`, answers, 30);
        assert.ok(await answers(), claimed);
      }
      const changes = await reading.preview();
      assert.ok(changesNothing(changes), JSON.stringify(changes));
    } finally {
      for (const each of [exporter, another]) each.stop();
      gateway.close();
      await stack.up();
    }
    assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [BAR]);
  });

  it("whose stack vanishes are pending again and keep their entries and roots, until they leave the config", async () => {
    await withPeerC({ federation: CONTRACT_OF_C }, async (edited) => {
      await edited.up();
      const before = await edited.output("trustAnchors");
      assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [BAR, BAZ]);

      await unpublishStack(federated.lab, "cluster-c");
      await edited.up();
      assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [BAR, BAZ]);
      assert.deepEqual(await edited.output("trustAnchors"), before);
      assert.deepEqual(Object.keys(before as object), ["cluster-b", "cluster-c"]);
      const { "cluster-c": status } = (await edited.output("peers")) as Record<string, PeerStatus>;
      const { reason, since, ...rest } = status!;
      assert.match(since, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.deepEqual(rest, { state: "pending", imported: 1 });
      assert.match(reason, /stack \S+cluster-c does not exist/);
      assert.equal((await edited.run("refresh", "--yes")).exitCode, 0);
      const changes = await edited.preview();
      assert.ok(changesNothing(changes), JSON.stringify(changes));
    });
    await stack.up();
    assert.deepEqual(await importedHosts(federated.lab, "cluster-a"), [BAR]);
    assert.deepEqual(Object.keys((await stack.output("trustAnchors")) as object), ["cluster-b"]);
  });

  it("publish a contract whose root is a CA certificate, in clear", async () => {
    const { rootCertificates } = (await stack.output("federation")) as { rootCertificates: string[] };
    assert.ok(new X509Certificate(rootCertificates[0]!).ca);
  });
});
