import assert from "node:assert/strict";
import { ImportedServices } from "../../providers/importedServices.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../../providers/cluster/kinds.ts";
import { ProviderProcess, initFailure, providerText } from "./support/providerProcess.ts";
import { TestCluster } from "./support/testCluster.ts";

const NAMESPACE = "istio-federation";
const BAR = "bar.xyz.svc.cluster-b.local";
const BAZ = "baz.xyz.svc.cluster-b.local";
const BAR_LINE = "8080/HTTP http as spiffe://cluster-b.local/ns/xyz/sa/bar";
const BAZ_LINE = "9000/TCP tcp as spiffe://cluster-b.local/ns/xyz/sa/baz";
const ID = `${NAMESPACE}/cluster-b`;

type Entry = KubernetesObject & {
  spec: { ports: { number: number; name: string }[]; endpoints: { address: string }[]; hosts: string[] };
  status?: object;
};

describe("ImportedServices against a real API server", () => {
  let cluster: TestCluster;
  let provider: ProviderProcess;

  before(async () => {
    cluster = await TestCluster.start("imports", "127.30.0.1");
    await cluster.installIstioKinds();
    await cluster.makeNamespace(NAMESPACE);
    const args = { kubeconfig: {}, namespace: "", peer: "", exportTo: [], gateways: [], services: {} };
    provider = await ProviderProcess.start(await providerText(() => new ImportedServices("text", args)));
  });

  after(async () => {
    await provider?.stop();
    await cluster?.stop();
  });

  afterEach(async () => {
    for (const entry of await entries()) await cluster.client.delete(SERVICE_ENTRY, entry);
  });

  function inputs(services: Record<string, string>, more: object = {}): Record<string, unknown> {
    const { kubeconfig } = cluster;
    const gateways = ["127.20.0.3:15443"];
    return {
      kubeconfig,
      namespace: NAMESPACE,
      peer: "cluster-b",
      exportTo: ["*"],
      gateways,
      services,
      ...more,
    };
  }

  function entries(): Promise<Entry[]> {
    return cluster.client.list<Entry>(SERVICE_ENTRY, { namespace: NAMESPACE });
  }

  async function names(): Promise<string[]> {
    return (await entries()).map(({ metadata }) => metadata.name).sort();
  }

  async function entry(name: string): Promise<Entry> {
    const found = await cluster.client.get<Entry>(SERVICE_ENTRY, NAMESPACE, name);
    assert.ok(found, `${name} is not there`);
    return found;
  }

  /** An entry that someone else made. */
  async function foreign(name: string, labels: Record<string, string> = {}): Promise<Entry> {
    const metadata = { name, namespace: NAMESPACE, labels };
    const spec = {
      hosts: [name],
      ports: [{ number: 80, name: "http", protocol: "HTTP" }],
      resolution: "NONE",
    };
    const object = { apiVersion: "networking.istio.io/v1", kind: "ServiceEntry", metadata, spec };
    return cluster.client.apply<Entry>(SERVICE_ENTRY, object as never, true);
  }

  it("creates an entry per service, by server-side apply, with labels that say whose it is", async () => {
    const { id, outs } = await provider.create(inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }));
    assert.equal(id, ID);
    assert.equal(outs.imported, 2);
    assert.equal("services" in outs, false);
    assert.deepEqual(await names(), [BAR, BAZ]);
    const { metadata, spec } = await entry(BAR);
    assert.deepEqual(metadata.labels, {
      "app.kubernetes.io/managed-by": "istio-federation",
      "istio-federation.dev/peer": "cluster-b",
    });
    assert.deepEqual(spec.hosts, [BAR]);
    assert.equal(spec.endpoints[0]?.address, "127.20.0.3");
    assert.deepEqual(
      metadata.managedFields?.map(({ manager }) => manager),
      ["istio-federation"],
    );
  });

  it("writes nothing when everything is as declared", async () => {
    const declared = inputs({ [BAR]: BAR_LINE });
    const { outs } = await provider.create(declared);
    const before = (await entry(BAR)).metadata.resourceVersion;
    assert.deepEqual(await provider.update(ID, outs, declared), outs);
    assert.equal((await entry(BAR)).metadata.resourceVersion, before);
    assert.equal((await provider.diff(ID, outs, declared)).changes, false);
  });

  it("adds, changes and takes away just what differs", async () => {
    const { outs } = await provider.create(inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }));
    const uid = (await entry(BAR)).metadata.uid;
    const changed = inputs({ [BAR]: BAR_LINE.replace("8080/HTTP http", "8081/HTTP http, 9090/GRPC grpc") });
    assert.equal((await provider.diff(ID, outs, changed)).changes, true);
    await provider.update(ID, outs, changed);
    assert.deepEqual(await names(), [BAR]);
    const after = await entry(BAR);
    assert.equal(after.metadata.uid, uid, "an address change must not make a new object");
    assert.deepEqual(after.spec.ports.map(({ number }) => number).sort(), [8081, 9090]);
  });

  it("shows in a refresh what was edited, added to and deleted by hand, and repairs it", async () => {
    const declared = inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE });
    const { outs } = await provider.create(declared);
    const edited = await entry(BAR);
    edited.spec.ports.push({ number: 81, name: "extra", protocol: "HTTP" } as never);
    edited.spec.endpoints = [{ address: "10.0.0.1" }];
    await cluster.client.replace(SERVICE_ENTRY, edited);
    await cluster.client.delete(SERVICE_ENTRY, await entry(BAZ));

    const refreshed = await provider.read(ID, outs);
    assert.equal(refreshed.id, ID);
    const shown = (refreshed.inputs.services as Record<string, string>)[BAR];
    assert.deepEqual(Object.keys(refreshed.inputs.services as object), [BAR]);
    assert.match(shown ?? "", /8080\/HTTP http, 81\/HTTP extra as .* \(not as declared: endpoints, ports\)/);
    assert.equal((await provider.diff(ID, refreshed.props, declared)).changes, true);

    const repaired = await provider.update(ID, refreshed.props, declared);
    assert.deepEqual(repaired, outs);
    assert.deepEqual(
      (await entry(BAR)).spec.ports.map(({ number }) => number),
      [8080],
    );
    assert.deepEqual(await names(), [BAR, BAZ]);
    assert.deepEqual((await provider.read(ID, repaired)).inputs.services, {
      [BAR]: BAR_LINE,
      [BAZ]: BAZ_LINE,
    });
  });

  it("repairs an entry whose hand-made port has the number of a declared one", async () => {
    const { outs } = await provider.create(inputs({ [BAR]: BAR_LINE }));
    const edited = await entry(BAR);
    edited.spec.ports.push({ number: 81, name: "extra", protocol: "HTTP" } as never);
    await cluster.client.replace(SERVICE_ENTRY, edited);
    await provider.update(ID, outs, inputs({ [BAR]: BAR_LINE.replace("8080", "81") }));
    assert.deepEqual(
      (await entry(BAR)).spec.ports.map(({ number, name }) => [number, name]),
      [[81, "http"]],
    );
  });

  it("does not count labels, annotations or a status of others as drift", async () => {
    const { outs } = await provider.create(inputs({ [BAR]: BAR_LINE }));
    const live = await entry(BAR);
    live.metadata.labels = { ...live.metadata.labels, team: "x" };
    live.metadata.annotations = { note: "y" };
    await cluster.client.replace(SERVICE_ENTRY, live);
    const refreshed = await provider.read(ID, outs);
    assert.deepEqual(refreshed.inputs.services, { [BAR]: BAR_LINE });
    assert.deepEqual(refreshed.props, outs);
  });

  it("never touches an entry of someone else, names its owner, and does the rest", async () => {
    const theirs = await foreign(BAR, { "app.kubernetes.io/managed-by": "team-x" });
    const failure = await provider
      .create(inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }))
      .then(() => assert.fail("must fail"), initFailure);
    assert.equal(failure?.id, ID);
    assert.equal(failure.properties.imported, 1);
    assert.match(failure.reasons.join(), new RegExp(`ServiceEntry ${NAMESPACE}/${BAR} belongs to team-x`));
    assert.equal((await entry(BAR)).metadata.resourceVersion, theirs.metadata.resourceVersion);
    assert.deepEqual(await names(), [BAR, BAZ]);

    const declared = inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE });
    assert.equal(
      (await provider.diff(ID, failure.properties, declared)).changes,
      true,
      "the next up must go on",
    );
    await provider.delete(ID, failure.properties);
    assert.deepEqual(await names(), [BAR]);
  });

  it("does not take over an entry of another peer, nor one that only carries the peer's label", async () => {
    await foreign(BAR, {
      "app.kubernetes.io/managed-by": "istio-federation",
      "istio-federation.dev/peer": "cluster-c",
    });
    await foreign(BAZ, { "istio-federation.dev/peer": "cluster-b" });
    const failure = await provider
      .create(inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }))
      .then(() => assert.fail("must fail"), initFailure);
    assert.equal(failure?.reasons.length, 2);
    assert.match(failure.reasons[0] ?? "", /was imported from peer cluster-c/);
    await provider.delete(ID, failure.properties);
    assert.deepEqual(await names(), [BAR, BAZ]);
  });

  it("takes on entries of ours that no state knows of", async () => {
    const declared = inputs({ [BAR]: BAR_LINE });
    await provider.create(declared);
    const before = (await entry(BAR)).metadata.resourceVersion;
    const { outs } = await provider.create(declared);
    assert.equal(outs.imported, 1);
    assert.equal((await entry(BAR)).metadata.resourceVersion, before);
  });

  it("tells what the API server refuses, and keeps the rest", async () => {
    const tooLong = `${"a".repeat(63)}.`.repeat(3) + "cluster-b.local";
    const { outs } = await provider.create(inputs({ [BAZ]: BAZ_LINE }));
    const failure = await provider
      .update(
        ID,
        outs,
        inputs({ [BAR]: BAR_LINE.replace("8080/HTTP http", "1/HTTP a, 1/HTTP b"), [tooLong]: BAZ_LINE }),
      )
      .then(() => assert.fail("must fail"), initFailure);
    assert.match(
      failure?.reasons.join() ?? "",
      /cannot apply ServiceEntry istio-federation\/bar\..*422 Invalid/s,
    );
    assert.deepEqual(await names(), [tooLong]);
    assert.equal(failure?.properties.imported, 1);
  });

  it("deletes all of the peer's entries, also those the state does not know, and no others", async () => {
    const { outs } = await provider.create(inputs({ [BAR]: BAR_LINE }));
    await provider.create(inputs({ [BAR]: BAR_LINE, [BAZ]: BAZ_LINE }));
    await foreign("other.example.com");
    await provider.delete(ID, outs);
    assert.deepEqual(await names(), ["other.example.com"]);
    await provider.delete(ID, outs);
  });

  it("handles a thousand services in seconds", async () => {
    const services = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`s${index}.xyz.svc.cluster-b.local`, BAR_LINE]),
    );
    const { outs } = await provider.create(inputs(services));
    assert.equal(outs.imported, 1000);
    const refreshed = await provider.read(ID, outs);
    assert.deepEqual(refreshed.props, outs);
    await provider.update(ID, outs, inputs(services, { gateways: ["127.20.0.4:15443"] }));
    await provider.delete(ID, outs);
    assert.deepEqual(await names(), []);
  });
});

describe("ImportedServices on a cluster without Istio", () => {
  let cluster: TestCluster;
  let provider: ProviderProcess;

  before(async () => {
    cluster = await TestCluster.start("bare", "127.30.0.2");
    const args = { kubeconfig: {}, namespace: "", peer: "", exportTo: [], gateways: [], services: {} };
    provider = await ProviderProcess.start(await providerText(() => new ImportedServices("text", args)));
  });

  after(async () => {
    await provider?.stop();
    await cluster?.stop();
  });

  it("has nothing to delete, and nothing there at a refresh", async () => {
    const state = {
      kubeconfig: cluster.kubeconfig,
      namespace: NAMESPACE,
      peer: "cluster-b",
      exportTo: ["*"],
      gateways: [],
    };
    await provider.delete(ID, state);
    assert.deepEqual((await provider.read(ID, state)).inputs.services, {});
  });

  it("says that the kind is missing when there is something to create", async () => {
    const inputs = {
      kubeconfig: cluster.kubeconfig,
      namespace: NAMESPACE,
      peer: "cluster-b",
      exportTo: ["*"],
    };
    const create = provider.create({
      ...inputs,
      gateways: ["127.20.0.3:15443"],
      services: { [BAR]: BAR_LINE },
    });
    const failure = await create.then(() => assert.fail("must fail"), initFailure);
    assert.match(failure?.reasons.join() ?? "", /cannot apply ServiceEntry .*404/);
  });
});
