import { FaultSite } from "./faultSite.ts";
import { importsText } from "./importsFixture.ts";
import { ProviderProcess } from "./providerProcess.ts";
import type { TestCluster } from "./testCluster.ts";

/** The provider process, and namespaces of a real API server to fail in. */
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

  static async start(cluster: TestCluster): Promise<FaultsFixture> {
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
    for (const { proxy } of this.sites) await proxy.stop();
    await this.cluster.clear();
  }
}
