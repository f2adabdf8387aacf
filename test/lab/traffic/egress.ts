import { AppsV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import { ADDRESS_ANNOTATION } from "../../../lab/kubelet/addresses.ts";
import type { RunningLab } from "../../../lab/lab.ts";
import type { TestAuthority } from "../../support/testAuthority.ts";
import { OutsideServer } from "./outsideServer.ts";

const NAMESPACE = "istio-system";
const NAME = "istio-egressgateway";
const TARGET_PORT = 18452;

/** Addresses of the server outside, and of the gateway's Pod. */
interface Places {
  outside: string;
  gateway: string;
}

/** An external host that is called through an egress gateway, which the stack installs. */
export class Egress {
  readonly host = "api.example.com";
  readonly server: OutsideServer;
  readonly #apps: AppsV1Api;
  readonly #port: number;

  readonly #places: Places;

  private constructor(apps: AppsV1Api, server: OutsideServer, port: number, places: Places) {
    this.#apps = apps;
    this.#places = places;
    this.server = server;
    this.#port = port;
  }

  /** Starts the server outside, at an address. @param port at which it is called. */
  static async prepare(
    { kubeconfig }: Pick<RunningLab, "kubeconfig">,
    context: string,
    port: number,
    { authority, ...places }: Places & { authority: TestAuthority },
  ): Promise<Egress> {
    const { leaf, key } = await authority.workload([{ type: "dns", value: "api.example.com" }], "CN=outside");
    const server = new OutsideServer("outside", { cert: leaf, key });
    await server.start(places.outside);
    return new Egress(loadContext(kubeconfig, context).makeApiClient(AppsV1Api), server, port, places);
  }

  /** The section `traffic.egress`. */
  get config(): object {
    // Pods share the machine's ports.
    const port = { name: "tls", port: this.#port, targetPort: TARGET_PORT, protocol: "TCP" };
    const values = {
      ...{ autoscaling: { enabled: false }, service: { ports: [port] } },
      podAnnotations: { [ADDRESS_ANNOTATION]: this.#places.gateway },
    };
    return { hosts: [this.host], port: this.#port, via: "gateway", gateway: { install: true, values } };
  }

  /** The host at its address, which no DNS has here; and the gateway's endpoint, as EndpointSlices take no loopback addresses. */
  get objects(): object[] {
    const spec = {
      ...{ hosts: [this.host], location: "MESH_EXTERNAL", resolution: "STATIC" },
      ports: [{ number: this.#port, name: "tls", protocol: "TLS", targetPort: this.server.port }],
      endpoints: [{ address: this.#places.outside }],
    };
    // Without an identity, as Pods of a gateway are: a sidecar leaves the app's TLS as it is.
    const endpoint = {
      ...{ address: this.#places.gateway, ports: { tls: TARGET_PORT } },
      labels: { app: NAME, istio: "egressgateway" },
    };
    const object = (kind: string, name: string, of: object) => {
      return {
        apiVersion: "networking.istio.io/v1",
        kind,
        metadata: { name, namespace: NAMESPACE },
        spec: of,
      };
    };
    return [object("ServiceEntry", "api", spec), object("WorkloadEntry", NAME, endpoint)];
  }

  /** Sets the number of the gateway's Pods. */
  async scale(replicas: number): Promise<void> {
    const patch = { name: NAME, namespace: NAMESPACE, body: { spec: { replicas } } };
    await this.#apps.patchNamespacedDeployment(
      patch,
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  }
}
