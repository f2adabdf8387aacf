import { once } from "node:events";
import { type IncomingMessage, createServer } from "node:http";
import { request } from "node:https";
import { type AddressInfo, type Socket, connect } from "node:net";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import type { LabCluster } from "../../lab/clusters.ts";
import { ADDRESS_ANNOTATION } from "../../lab/kubelet/addresses.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { Stack } from "../../lab/pulumi.ts";
import { TestAuthority } from "../support/testAuthority.ts";
import { editedStackFile } from "./stackFile.ts";

const HOST = "contracts.example";
const PORT = 8443;
const NAMESPACE = "istio-publish";
const SECRET = "contracts";

/** An answer of the gateway. */
export interface Answer {
  status: number | undefined;
  type: string | undefined;
  body: string;
}

/** A call's host of the connection (SNI), of the header, its method and further headers. */
export interface CallOptions {
  servername?: string;
  host?: string;
  method?: string;
  headers?: Record<string, string>;
}

/** The gateway by which a cluster serves its contract, and its readers' way to it. */
export class PublishGateway {
  readonly #lab: RunningLab;
  readonly #cluster: LabCluster;
  readonly #authority: TestAuthority;
  /** Stands for the DNS and the load balancer: whoever asks it for any host gets the gateway. */
  readonly #proxy = createServer().on("connect", (_request, socket: Socket) => {
    const upstream = connect(PORT, this.#address);
    for (const each of [socket, upstream]) each.on("error", () => socket.destroy());
    upstream.on("connect", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
  });

  private constructor(lab: RunningLab, cluster: LabCluster, authority: TestAuthority) {
    this.#lab = lab;
    this.#cluster = cluster;
    this.#authority = authority;
  }

  get #address(): string {
    return `${this.#cluster.network}.0.4`;
  }

  static async prepare(lab: RunningLab, cluster: LabCluster): Promise<PublishGateway> {
    const served = new PublishGateway(lab, cluster, await TestAuthority.root("CN=Test CA"));
    served.#proxy.listen(0, "127.0.0.1");
    await once(served.#proxy, "listening");
    return served;
  }

  /** The section `publish` of the cluster's config. */
  get section(): object {
    return {
      host: HOST,
      credentialName: SECRET,
      service: { type: "ClusterIP" },
      bind: this.#address,
      values: {
        autoscaling: { enabled: false },
        strategy: { type: "Recreate" },
        podAnnotations: { [ADDRESS_ANNOTATION]: this.#address },
      },
    };
  }

  /** The cluster's stack, which publishes its contract. */
  async publisher(): Promise<Stack> {
    const { name } = this.#cluster;
    const configFile = await editedStackFile(this.#lab, name, (config) => {
      config["istio-federation:publish"] = this.section;
    });
    return new Stack(name, this.#lab, { configFile });
  }

  /** Stack cluster-a, which reads that contract by its address. */
  async reader(): Promise<Stack> {
    const configFile = await editedStackFile(this.#lab, "cluster-a", (config) => {
      const peers = config["istio-federation:peers"] as Record<string, Record<string, unknown>>;
      const { stack: _, ...settings } = peers[this.#cluster.name] ?? {};
      peers[this.#cluster.name] = {
        ...settings,
        url: `https://${HOST}/contract.json`,
        certificateAuthority: this.#authority.pem,
      };
    });
    const { port } = this.#proxy.address() as AddressInfo;
    const environment = { ...this.#lab.environment, HTTPS_PROXY: `http://127.0.0.1:${port}` };
    return new Stack("cluster-a", { ...this.#lab, environment }, { configFile });
  }

  /** Creates the Secret of the gateway, as its owner does once the namespace is there. @returns its key. */
  async certify(): Promise<string> {
    const { leaf, key } = await this.#authority.workload([{ type: "dns", value: HOST }], `CN=${HOST}`);
    const body = {
      metadata: { name: SECRET },
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": leaf, "tls.key": key },
    };
    const secrets = loadContext(this.#lab.kubeconfig, this.#cluster.name).makeApiClient(CoreV1Api);
    await secrets.createNamespacedSecret({ namespace: NAMESPACE, body });
    return key;
  }

  /** Requests a path of the gateway. */
  async get(
    path: string,
    { servername = HOST, host = HOST, method = "GET", headers = {} }: CallOptions = {},
  ): Promise<Answer> {
    const call = request({
      ...{ host: this.#address, port: PORT, path, servername, method, agent: false },
      ...{ ca: this.#authority.pem, headers: { ...headers, host } },
    });
    call.end();
    const [response] = (await once(call, "response")) as [IncomingMessage];
    let body = "";
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode, type: response.headers["content-type"], body };
  }

  close(): void {
    this.#proxy.close();
    this.#proxy.closeAllConnections();
  }
}
