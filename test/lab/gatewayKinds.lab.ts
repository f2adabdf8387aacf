import assert from "node:assert/strict";
import { GATEWAY_PORT } from "../../federation/core/wellKnown.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { hostOf, identityOf, partyIn } from "../../lab/proofs/proof.ts";
import { waitFor } from "../../lab/ready.ts";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT } from "../../lab/workloads/workload.ts";
import { type Advertised, advertised, asBefore } from "./gateways/advertised.ts";
import { Balancer } from "./gateways/balancer.ts";
import { freshConnectionsOf, patchSidecars } from "../../lab/workloads/envoyFilters.ts";
import { asking } from "./gateways/envoyFilters.ts";
import { importedEntry } from "./gateways/importedEntry.ts";
import { NameServer } from "./gateways/nameServer.ts";
import { untilCalled } from "./gateways/sidecarEndpoints.ts";
import { Load } from "./load.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";

const [A, B] = CLUSTERS;
const FOO = partyIn(A, true);
/** Keeps its connections, as sidecars do. */
const INTERNAL = partyIn(A, false);
const HOST = hostOf(partyIn(B, true));
const CALLS = { host: HOST, port: SERVICE_PORT };
const PROPAGATION_SECONDS = 60;
const SEVERAL = 80;
/** Least number of calls to one of three equally likely targets: fewer go there once in a hundred million times. */
const ITS_SHARE = 5;

const GATEWAY = `${B.network}.0.3`;
const [one, two, three, six] = [
  ...[1, 2, 3].map((last) => new Balancer(`${B.network}.3.${last}`, GATEWAY_PORT, GATEWAY)),
  new Balancer("::1", GATEWAY_PORT, GATEWAY),
] as [Balancer, Balancer, Balancer, Balancer];
const names = new NameServer(`${B.network}.0.53`, 10053);
const NAME: Advertised = { address: "gateway.cluster-b.example", port: GATEWAY_PORT };

describe("a peer's gateways behind load balancers, called by real sidecars", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  let unpatch: (() => Promise<void>) | undefined;
  let noIPv6: string | undefined;

  before(async () => {
    federated = await sharedLab();
    for (const balancer of [one, two, three]) await balancer.start();
    noIPv6 = await six.start().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    await names.start();
    unpatch = await patchSidecars(
      federated.lab,
      { context: A.name, namespace: FOO.namespace, service: HOST },
      [asking(names), freshConnectionsOf(FOO.name)],
    );
  });

  after(async () => {
    await asBefore(federated.lab);
    await unpatch?.();
    for (const server of [one, two, three, six, names]) await server.stop();
  });

  it("are all called, of several addresses", async () => {
    await published(withSix([one, two]));
    await expectShares(withSix([one, two]));
  });

  it("are called at an IPv6 address beside IPv4 ones, by sidecars that have an IPv4 address", async function () {
    if (noIPv6 !== undefined) skip(this, noIPv6);
    await expectShares([one, two, six]);
  });

  it("are called at all addresses that a host name has, beside an IP address", async () => {
    names.names.set(NAME.address, [two.address, three.address]);
    await published([one, NAME], [one, two, three]);
    assert.equal((await entry()).resolution, "DNS");
    await expectShares([one, two, three]);
  });

  it("are left out at an IPv6 address beside a host name, by sidecars without one: Envoy resolves both alike", async function () {
    if (noIPv6 !== undefined) skip(this, noIPv6);
    names.names.set(NAME.address, [two.address]);
    await published([NAME, six], [two]);
    await expectShares([two]);
  });

  it("become a host name, which gets another address, and an IP address again, without a failed request", async () => {
    names.names.set(NAME.address, [two.address]);
    await published([one]);
    const before = await entry();
    assert.equal(before.resolution, "STATIC");
    const load = new Load([FOO, INTERNAL].map((from) => ({ from, host: HOST })));
    try {
      await change([NAME], [one, NAME]);
      await untilServing(two);
      assert.deepEqual(await entry(), { uid: before.uid, resolution: "DNS" });

      names.names.set(NAME.address, [three.address]);
      await untilServing(three);

      await change([one], [NAME, one]);
      await untilServing(one);
      assert.deepEqual(await entry(), before);
    } finally {
      await load.end();
    }
    await load.expectUninterrupted("changes of the gateway");
  });

  /** With the IPv6 address too, where something can listen there. */
  const withSix = (balancers: Balancer[]) => (noIPv6 === undefined ? [...balancers, six] : balancers);

  const entry = () => importedEntry(federated.lab, A.name, HOST);

  function skip(context: Mocha.Context, reason: string): never {
    log(`not shown, as nothing can listen on the IPv6 loopback address: ${reason}`);
    return context.skip();
  }

  /** Has cluster-b's gateways be these, and waits until the sidecars know. @param balancers where that leads to. */
  async function published(
    gateways: readonly Advertised[],
    balancers = gateways as Balancer[],
  ): Promise<void> {
    await (await advertised(federated.lab, gateways)).up();
    const places = balancers.map(({ place }) => place);
    for (const from of [FOO, INTERNAL]) await untilCalled({ ...CALLS, from }, places);
  }

  /** Another gateway, in two updates and a preview between them that tells in one line what it is and what it was. */
  async function change(to: readonly Advertised[], [old, next]: readonly Advertised[]): Promise<void> {
    const stack = await advertised(federated.lab, to);
    const { output } = await stack.run("preview");
    // Before that it tells how far it is.
    const diagnostics = output.slice(output.lastIndexOf("Diagnostics:"));
    const [line, ...others] = diagnostics.split("\n").filter((text) => text.includes(`:${GATEWAY_PORT}`));
    assert.equal(
      line?.trim(),
      `peer cluster-b: gateways ${old!.address}:${GATEWAY_PORT} => ${next!.address}:${GATEWAY_PORT}`,
    );
    assert.deepEqual(others, []);
    await stack.up();
  }

  /** Waits until calls go through this balancer and no other. */
  async function untilServing(balancer: Balancer): Promise<void> {
    for (const from of [FOO, INTERNAL]) await untilCalled({ ...CALLS, from }, [balancer.place]);
    const others = [one, two, three].filter((each) => each !== balancer);
    const isServing = async () => {
      const before = { here: balancer.connections, elsewhere: connectionsOf(others) };
      await expectAnswers(SEVERAL);
      return balancer.connections >= before.here + SEVERAL && connectionsOf(others) === before.elsewhere;
    };
    await waitFor(`calls do not all go through ${balancer.place}`, isServing, PROPAGATION_SECONDS);
  }

  /** Calls, each on a connection of its own, go to all of these and nowhere else. */
  async function expectShares(balancers: readonly Balancer[]): Promise<void> {
    // The listener may have the old gateways for a moment longer than Envoy's account of them.
    await expectAnswers(1);
    const before = balancers.map(({ connections }) => connections);
    await expectAnswers(SEVERAL);
    const shares = balancers.map(({ connections }, index) => connections - before[index]!);
    log(
      `of ${SEVERAL} calls: ${balancers.map(({ place }, index) => `${shares[index]} through ${place}`).join(", ")}`,
    );
    assert.ok(
      shares.every((share) => share >= ITS_SHARE),
      `shares ${shares.join(", ")}`,
    );
    assert.ok(shares.reduce((sum, share) => sum + share) >= SEVERAL, `shares ${shares.join(", ")}`);
  }

  async function expectAnswers(count: number): Promise<void> {
    for (let call = 0; call < count; call++) {
      const { status, identity, body } = await callService(FOO, HOST, SERVICE_PORT);
      assert.deepEqual({ status, identity }, { status: 200, identity: identityOf(FOO) }, body);
    }
  }
});

function connectionsOf(balancers: readonly Balancer[]): number {
  return balancers.reduce((sum, { connections }) => sum + connections, 0);
}
