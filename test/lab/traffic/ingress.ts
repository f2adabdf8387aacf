import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import type { RunningLab } from "../../../lab/lab.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { secrets } from "../sharedLab.ts";

const NAMESPACE = "istio-gateway";
const PORT = 8443;

/** Secrets of the hosts of `stacks/traffic/ingress.yaml`. */
const HOSTS = { shop: "shop.example.com", partners: "partners.example.com" };

/** The certificates of an ingress, and a client outside of the cluster. */
export class Ingress {
  readonly #core: CoreV1Api;
  readonly #address: string;
  readonly #authority: TestAuthority;
  readonly #client: { leaf: string; key: string };

  private constructor(
    core: CoreV1Api,
    address: string,
    authority: TestAuthority,
    client: { leaf: string; key: string },
  ) {
    this.#core = core;
    this.#address = address;
    this.#authority = authority;
    this.#client = client;
  }

  /** Creates the Secrets in the gateway's namespace. */
  static async certify(
    { kubeconfig }: Pick<RunningLab, "kubeconfig">,
    context: string,
    address: string,
  ): Promise<Ingress> {
    const core = loadContext(kubeconfig, context).makeApiClient(CoreV1Api);
    const authority = await TestAuthority.root("CN=Web CA");
    for (const [name, host] of Object.entries(HOSTS)) {
      const { leaf, key } = await authority.workload([{ type: "dns", value: host }], `CN=${host}`);
      secrets.keys.set(key, `the key of ${host}`);
      const body = {
        metadata: { name },
        stringData: { "tls.crt": leaf, "tls.key": key, "ca.crt": authority.pem },
      };
      await core.createNamespacedSecret({ namespace: NAMESPACE, body });
    }
    const client = await authority.workload([{ type: "dns", value: "partner.example" }], "CN=partner");
    return new Ingress(core, address, authority, client);
  }

  async remove(): Promise<void> {
    for (const name of Object.keys(HOSTS))
      await this.#core.deleteNamespacedSecret({ namespace: NAMESPACE, name });
  }

  /** Requests a host, by SNI and header. @throws Error when the gateway ends the connection. @returns the status. */
  async get(
    host: string,
    { header = host, withCertificate = false }: { header?: string; withCertificate?: boolean } = {},
  ): Promise<number | undefined> {
    const { leaf: cert, key } = this.#client;
    const call = request({
      ...{ host: this.#address, port: PORT, servername: host, agent: false, ca: this.#authority.pem },
      ...{ headers: { host: header }, ...(withCertificate && { cert, key }) },
    });
    call.end();
    const [response] = (await once(call, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }
}
