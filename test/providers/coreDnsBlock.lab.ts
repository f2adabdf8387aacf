import assert from "node:assert/strict";
import { renderGlobalBlock } from "../../federation/topology/globalBlock.ts";
import { CONFIG_MAP, type KubernetesObject } from "../../kubernetes/kinds.ts";
import { CoreDnsBlock } from "../../providers/coreDnsBlock.ts";
import { ProviderProcess, providerText } from "./support/providerProcess.ts";
import { sharedCluster } from "./support/sharedCluster.ts";
import type { TestCluster } from "./support/testCluster.ts";

const NAME = { namespace: "kube-system", configMap: "coredns" };
const ID = "kube-system/coredns";
const BLOCK = renderGlobalBlock("10.96.0.77");
const COREFILE = ".:53 {\n    errors\n    forward . /etc/resolv.conf\n}";

type ConfigMap = KubernetesObject & { data: Record<string, string> };

describe("CoreDnsBlock against a real API server", () => {
  let cluster: TestCluster;
  let provider: ProviderProcess;

  before(async () => {
    cluster = await sharedCluster();
    const args = { kubeconfig: {}, ...NAME, block: "" };
    provider = await ProviderProcess.start(await providerText(() => new CoreDnsBlock("text", args)));
  });

  after(async () => {
    await provider.stop();
    await cluster.clear();
  });

  beforeEach(() =>
    cluster.make(CONFIG_MAP, NAME.namespace, NAME.configMap, { data: { Corefile: COREFILE, a: "b" } }),
  );

  afterEach(async () => {
    const live = await configMap();
    if (live !== undefined) await cluster.client.delete(CONFIG_MAP, live);
  });

  const configMap = () => cluster.client.get<ConfigMap>(CONFIG_MAP, NAME.namespace, NAME.configMap);
  const data = async () => (await configMap())?.data;
  const inputs = (block = BLOCK) => ({ kubeconfig: cluster.kubeconfig, ...NAME, block });

  it("creates, changes and deletes the block and keeps the rest of the ConfigMap", async () => {
    const { id, outs } = await provider.create(inputs());
    assert.equal(id, ID);
    assert.deepEqual(await data(), { Corefile: BLOCK + COREFILE, a: "b" });
    const other = renderGlobalBlock("10.96.0.78");
    assert.equal((await provider.diff(ID, outs, inputs(other))).changes, true);
    const after = await provider.update(ID, outs, inputs(other));
    assert.deepEqual(await data(), { Corefile: other + COREFILE, a: "b" });
    await provider.delete(ID, after);
    assert.deepEqual(await data(), { Corefile: COREFILE, a: "b" });
  });

  it("has no diff without a change, also after a refresh", async () => {
    const { outs } = await provider.create(inputs());
    const refreshed = await provider.read(ID, outs);
    for (const state of [outs, refreshed.props]) {
      assert.deepEqual(await provider.diff(ID, state, inputs()), { changes: false, replaces: [] });
    }
  });

  it("shows a removed block in a refresh, and restores it", async () => {
    const { outs } = await provider.create(inputs());
    const live = (await configMap()) ?? assert.fail();
    await cluster.client.replace(CONFIG_MAP, { ...live, data: { Corefile: COREFILE } });
    const refreshed = await provider.read(ID, outs);
    assert.equal(refreshed.inputs.block, "");
    assert.equal((await provider.diff(ID, refreshed.props, inputs())).changes, true);
    await provider.update(ID, refreshed.props, inputs());
    assert.deepEqual(await data(), { Corefile: BLOCK + COREFILE });
  });

  it("refuses a Corefile with somebody else's server block for these names", async () => {
    const live = (await configMap()) ?? assert.fail();
    const theirs = { Corefile: `global:53 {\n}\n${COREFILE}` };
    await cluster.client.replace(CONFIG_MAP, { ...live, data: theirs });
    await assert.rejects(provider.create(inputs()), /server block 'global:53' of another owner/);
    assert.deepEqual(await data(), theirs);
  });

  it("is deleted whatever else is in the Corefile", async () => {
    const { outs } = await provider.create(inputs());
    const live = (await configMap()) ?? assert.fail();
    const theirs = `global:53 {\n}\n${COREFILE}`;
    await cluster.client.replace(CONFIG_MAP, { ...live, data: { Corefile: BLOCK + theirs } });
    await provider.delete(ID, outs);
    assert.deepEqual(await data(), { Corefile: theirs });
  });

  it("is recognised without its markers: a refresh shows it, an update restores them, a deletion removes it", async () => {
    const { outs } = await provider.create(inputs());
    const bare = BLOCK.replace(/^#.*\n/gm, "");
    for (const remove of [false, true]) {
      const live = (await configMap()) ?? assert.fail();
      await cluster.client.replace(CONFIG_MAP, { ...live, data: { Corefile: bare + COREFILE } });
      const refreshed = await provider.read(ID, outs);
      assert.equal(refreshed.inputs.block, bare);
      if (remove) await provider.delete(ID, refreshed.props);
      else await provider.update(ID, refreshed.props, inputs());
      assert.deepEqual(await data(), { Corefile: (remove ? "" : BLOCK) + COREFILE });
    }
  });

  it("is kept, and not deleted, when one marker is missing", async () => {
    const { outs } = await provider.create(inputs());
    const live = (await configMap()) ?? assert.fail();
    const half = { Corefile: BLOCK.replace(/# END.*\n/, "") + COREFILE };
    await cluster.client.replace(CONFIG_MAP, { ...live, data: half });
    assert.match((await provider.read(ID, outs)).inputs.block as string, /has the lines .* not once each/);
    await assert.rejects(provider.delete(ID, outs), /Remove the rest of our server block 'global' manually/);
    assert.deepEqual(await data(), half);
  });

  it("is absent without its ConfigMap", async () => {
    const { outs } = await provider.create(inputs());
    await cluster.client.delete(CONFIG_MAP, (await configMap()) ?? assert.fail());
    await provider.delete(ID, outs);
    assert.equal(await configMap(), undefined);
  });
});
