import { FaultSite } from "./faultSite.ts";
import { importsText } from "./importsFixture.ts";
import { ProviderProcess } from "./providerProcess.ts";
import { TestCluster } from "./testCluster.ts";

/** A real API server, the provider process, and namespaces to fail in. */
export class FaultsFixture {
  readonly cluster: TestCluster;
  provider: ProviderProcess;
  private readonly text: string;
  private readonly sites: FaultSite[] = [];

  private constructor(cluster: TestCluster, provider: ProviderProcess, text: string) {
    this.cluster = cluster;
    this.provider = provider;
    this.text = text;
  }

  /** @param options.istio whether Istio's kinds are there from the beginning. @default true */
  static async start(name: string, { istio = true } = {}): Promise<FaultsFixture> {
    const cluster = await TestCluster.start(name);
    if (istio) await cluster.installIstioKinds();
    const text = await importsText();
    return new FaultsFixture(cluster, await ProviderProcess.start(text), text);
  }

  /** A new provider process, as the engine starts one for each operation. */
  async restartProvider(): Promise<void> {
    this.provider = await ProviderProcess.start(this.text);
  }

  /** A namespace of its own, and a way to it on which faults can be made. */
  async site(namespace: string): Promise<FaultSite> {
    await this.cluster.makeNamespace(namespace);
    const site = await FaultSite.open(this, namespace);
    this.sites.push(site);
    return site;
  }

  async stop(): Promise<void> {
    await this.provider.stop();
    await this.cluster.stop();
    for (const { proxy } of this.sites) await proxy.stop();
  }
}
