import type { Dispatcher } from "undici";
import { ClusterError } from "./errors.ts";
import { ANONYMOUS, explainRefusal, identify, impersonationHeaders } from "./identity.ts";
import { type KubeconfigName, type SelectedContext, loadKubeconfig } from "./kubeconfig.ts";
import { KubeconfigFault } from "./kubeconfigFile.ts";

/** Milliseconds for which a login is reused: files with a token or a certificate may change. */
const LIFETIME = 60_000;

/** Shortest life of a login in milliseconds, whatever an exec plugin says. */
const SHORTEST_LIFE = 1_000;

/** Headers and connections that authenticate a request. */
export interface Login {
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Connections with the client certificate and the trusted roots, through the proxy if there is one. */
  readonly dispatcher: Dispatcher;
  /** The API server for messages, and the proxy: `10.0.0.1:6443 through proxy 10.0.0.2:3128`. */
  readonly endpoint: string;
  /** Reason why the API server may not accept the credentials, e.g. that the certificate expired; undefined for none. */
  readonly explainRefusal: () => string | undefined;
}

/** Connections that stay open while nothing changes that they depend on. */
interface OpenConnections {
  readonly key: string;
  readonly dispatcher: Dispatcher;
}

/** Credentials of one context: read on first use, reused for a minute, renewed when the API server refuses them. */
export class Credentials {
  private readonly name: KubeconfigName;
  private context: SelectedContext;
  private login: Promise<Login> | undefined;
  private expires = 0;
  private identity = ANONYMOUS;
  private connections: OpenConnections | undefined;

  private constructor(name: KubeconfigName, context: SelectedContext) {
    this.name = name;
    this.context = context;
  }

  /**
   * Reads the kubeconfig; runs no plugin yet.
   * @throws ClusterError when the kubeconfig does not lead to a cluster.
   */
  static async load(name: KubeconfigName): Promise<Credentials> {
    return new Credentials(name, await loadKubeconfig(name));
  }

  /** Context for messages: `cluster context "cluster-a"`. */
  get where(): string {
    return this.context.where;
  }

  /** URL of the API server; may have a path. */
  get server(): URL {
    return this.context.server;
  }

  /** @throws ClusterError when the user's credentials cannot be read. */
  get(): Promise<Login> {
    if (this.login !== undefined && performance.now() < this.expires) return this.login;
    return this.begin(() => this.authenticate(false));
  }

  /**
   * Reads the kubeconfig and the credentials again, unless another request has done so in between.
   * @param refused login that the API server did not accept.
   * @throws ClusterError when the user's credentials cannot be read.
   */
  async renew(refused: Login): Promise<Login> {
    const current = this.login;
    if ((await current) !== refused || this.login !== current) return this.get();
    return this.begin(async () => {
      this.context = await loadKubeconfig(this.name);
      return this.authenticate(true);
    });
  }

  private begin(authenticate: () => Promise<Login>): Promise<Login> {
    this.expires = performance.now() + LIFETIME;
    const next = authenticate();
    this.login = next;
    next.catch(() => {
      if (this.login === next) this.login = undefined;
    });
    return next;
  }

  private async authenticate(isRefused: boolean): Promise<Login> {
    try {
      return await this.readLogin(isRefused);
    } catch (error) {
      if (!(error instanceof KubeconfigFault)) throw error;
      const operation = "get the credentials of its user";
      throw new ClusterError(this.where, { operation, cause: error.message, general: true });
    }
  }

  private async readLogin(isRefused: boolean): Promise<Login> {
    const [{ readAuthority, tlsOptions }, { selectProxy }] = await Promise.all([
      import("./tls.ts"),
      import("./proxy.ts"),
    ]);
    const { context } = this;
    const { server, cluster, user } = context;
    const isTls = server.protocol === "https:";
    const authority = isTls ? await readAuthority(cluster) : undefined;
    const identity = await identify(context, authority, this.identity, isRefused);
    this.identity = identity;
    const proxy = selectProxy(server, cluster.proxyUrl);
    const { exec, client, authorization } = identity;
    const key = JSON.stringify([cluster, authority, client, proxy]);
    if (this.connections?.key !== key) {
      const { openConnections } = await import("./connections.ts");
      const tls = isTls ? tlsOptions(cluster, authority, client) : {};
      // The last connections end as soon as no request uses them.
      void this.connections?.dispatcher.close().catch(() => undefined);
      this.connections = { key, dispatcher: await openConnections(tls, proxy) };
    }
    if (exec?.expires !== undefined) {
      const life = Math.max(exec.expires - Date.now(), SHORTEST_LIFE);
      this.expires = Math.min(this.expires, performance.now() + life);
    }
    return {
      headers: { ...(authorization === undefined ? {} : { authorization }), ...impersonationHeaders(user) },
      dispatcher: this.connections.dispatcher,
      endpoint: `${server.host}${proxy === undefined ? "" : ` through proxy ${proxy.host}`}`,
      explainRefusal: () => explainRefusal(context, identity, new Date()),
    };
  }
}
