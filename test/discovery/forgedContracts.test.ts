import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type Server, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { readPeerDocument } from "../../discovery/contractDocuments.ts";
import { readPeerStack } from "../../discovery/stacks.ts";
import { signContract } from "../../federation/contract/signature.ts";
import { signerIdentity } from "../../federation/contract/signer.ts";
import type { ContractReading, Registration } from "../../federation/imports/registration.ts";
import type { LastRun } from "../../federation/lastRun.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { viewPeers } from "../federation/planContext.ts";
import { BAR, ROOT_B, ROOT_C, barService, contractOf, validConfig } from "../federation/samples.ts";
import { signed } from "../federation/signers.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";
import { TestAuthority, makeServerCertificate } from "../support/testAuthority.ts";
import { valueOf, withStacks } from "./support.ts";

const NOW = new Date();
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

/** Signs under a root of the attacker's own. */
async function forge(root: TestAuthority, contract: object): Promise<object> {
  const names = [{ type: "url" as const, value: signerIdentity("cluster-b.local") }];
  const { leaf, key } = await root.workload(names, "CN=Contract", {
    kind: "Ed25519",
    extendedUses: [CODE_SIGNING],
  });
  return { ...contract, signature: await signContract(contract, { key, certificates: [leaf] }) };
}

describe("The attacker who controls the place of a peer's contract", () => {
  const servers: Server[] = [];
  let folder: string;
  let certificate: { cert: string; key: string };
  let root: TestAuthority;
  let answer = "";

  before(async () => {
    folder = await temporaryFolder("forged-contracts");
    certificate = await makeServerCertificate("127.0.0.1");
    root = await TestAuthority.root("O=cluster-b.local, CN=Root CA");
    const server = createServer(certificate, (_, response) => response.end(answer));
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  after(() => {
    for (const server of servers) server.close();
  });

  /** Places of a contract, as the config names them, and how the attacker writes there. */
  const transports: Record<string, (text: string) => Promise<[source: object, reading: ContractReading]>> = {
    file: async (text) => {
      const file = join(folder, "b.json");
      writeFileSync(file, text);
      return [{ file }, valueOf(await readPeerDocument({ file }, "peers.cluster-b"))];
    },
    url: async (text) => {
      answer = text;
      const { port } = servers[0]?.address() as AddressInfo;
      const source = { url: `https://127.0.0.1:${port}/b.json`, certificateAuthority: certificate.cert };
      return [source, valueOf(await readPeerDocument(source, "peers.cluster-b"))];
    },
    stack: async (text) => {
      await withStacks({ "acme/mesh/b": { federation: JSON.parse(text) as unknown } });
      return [{ stack: "acme/mesh/b" }, valueOf(await readPeerStack("cluster-b", "acme/mesh/b"))];
    },
  };

  const mine = { ...barService, ports: [{ number: 666, name: "http", protocol: "HTTP" }] };
  const ours = contractOf({ revision: 5 });
  const changed = contractOf({
    revision: 6,
    services: { [BAR]: mine },
    gateways: [{ address: "198.51.100.66", port: 15443 }],
  });
  const forgeries: Record<string, () => Promise<object>> = {
    "a contract without a signature": () => Promise.resolve(changed),
    "a changed contract": async () => ({ ...(await signed(ours)), gateways: changed.gateways, revision: 6 }),
    "the signature of another contract of the peer": async () => ({
      ...changed,
      signature: (await signed(ours)).signature,
    }),
    "a contract by the attacker's signer, with the peer's root alone": () => forge(root, changed),
    "a contract by another cluster's signer": async () => ({
      ...changed,
      signature: (await signed({ ...changed, rootCertificates: [ROOT_C] })).signature,
    }),
    "a contract by a key of its own instead of the roots": () =>
      forge(root, { ...changed, signingKey: Array<string>(32).fill("AB").join(":") }),
  };
  /** Those that only a pin or the config shows: who is seen first is believed. */
  const unseen = {
    "a contract under a root of the attacker's, beside that of the peer": () =>
      forge(root, { ...changed, rootCertificates: [ROOT_B, root.pem] }),
    "an older contract of the peer": () => signed(contractOf({ revision: 4, services: { [BAR]: mine } })),
    "a contract with the peer's names and another root": () =>
      forge(root, { ...changed, rootCertificates: [root.pem] }),
  };

  const { "an older contract of the peer": _, ...withRoots } = unseen;

  const pinned: Partial<LastRun> = {
    pinned: {
      "cluster-b": {
        cluster: "cluster-b",
        clusterDomain: "cluster-b.local",
        domains: [],
        trustDomain: "cluster-b.local",
        rootCertificates: [ROOT_B],
        contract: { revision: 5, digest: "0".repeat(64) },
      },
    },
    statuses: { "cluster-b": { state: "ready", reason: "", since: "", imported: 1 } },
  };
  const roots = { identity: { roots: [fingerprintOf(ROOT_B)] } };
  const knowledge: [title: string, settings: object, last: Partial<LastRun>, cases: typeof forgeries][] = [
    ["at first sight", {}, {}, forgeries],
    ["at first sight with identity.roots", roots, {}, { ...forgeries, ...withRoots }],
    ["of a pinned peer", {}, pinned, { ...forgeries, ...unseen }],
    [
      "of a pinned peer that may announce roots",
      { identity: { acceptAnnouncedRoots: true } },
      pinned,
      { ...forgeries, ...unseen },
    ],
  ];

  /** Plans cluster-a, whose peer cluster-c is an honest one. */
  async function take(transport: string, contract: object, settings: object, last: Partial<LastRun>) {
    const [source, reading] = await (transports[transport] ?? assert.fail())(JSON.stringify(contract));
    const config = validConfig(
      {
        cluster: { name: "cluster-a", domain: "cluster-a.local" },
        kubeconfig: { path: "kubeconfig", context: "cluster-a" },
        peers: { "cluster-b": { ...source, ...settings }, "cluster-c": { stack: "c" } },
      },
      "cluster-a",
    );
    const honest = contractOf({
      cluster: "cluster-c",
      clusterDomain: "cluster-c.local",
      trustDomain: "cluster-c.local",
      rootCertificates: [ROOT_C],
      services: {},
    });
    const { peers, errors } = viewPeers(
      config,
      { "cluster-b": reading, "cluster-c": { contract: honest } },
      last,
      NOW,
    );
    assert.equal(peers["cluster-c"]?.state, "ready", "the other peer");
    const peer: Registration = peers["cluster-b"] ?? assert.fail();
    return { peer, errors };
  }

  for (const transport of Object.keys(transports)) {
    for (const [when, settings, last, cases] of knowledge)
      for (const [title, make] of Object.entries(cases))
        it(`gets a fault of that peer alone by ${transport}, ${when}: ${title}`, async () => {
          const { peer, errors } = await take(transport, await make(), settings, last);
          assert.equal(peer.state, "refused");
          assert.deepEqual([peer.services, peer.gateways], [{}, []], "nothing is imported");
          assert.deepEqual(peer.pinned, last.pinned?.["cluster-b"], "what is known stays");
          assert.equal(errors.length, 1);
          assert.match(errors[0] ?? "", /^Peer cluster-b is refused/);
        });

    it(`changes nothing of the peer's own contract by ${transport}`, async () => {
      for (const [, settings, last] of knowledge) {
        const { peer, errors } = await take(
          transport,
          await signed(contractOf({ revision: 6 })),
          settings,
          last,
        );
        assert.deepEqual([peer.state, Object.keys(peer.services), errors], ["ready", [BAR], []]);
      }
    });
  }
});
