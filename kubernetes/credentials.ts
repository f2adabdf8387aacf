import type { KubeConfig } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { ClusterError } from "./errors.ts";
import { type KubeconfigName, loadKubeconfig } from "./kubeconfig.ts";

/** Milliseconds for which a login is reused: a token file may change, an exec plugin's token expire. */
const LIFETIME = 60_000;

/** Longest wait for an exec plugin or an identity provider, in milliseconds. */
const LOGIN_DEADLINE = 30_000;

/** Longest quotation of an exec plugin's error, in characters. */
const QUOTED = 300;

/** Headers and connections that authenticate a request. */
export interface Login {
  readonly headers: Readonly<Record<string, string>>;
  /** Connections with the client certificate and the trusted roots, through the proxy if there is one. */
  readonly dispatcher: Dispatcher;
}

/** Credentials of one context: read on first use, reused for a minute, renewed when the API server refuses them. */
export class Credentials {
  /** Context for messages: `cluster context "cluster-a"`. */
  readonly where: string;
  /** URL of the API server; may have a path. */
  readonly server: string;
  private readonly name: KubeconfigName;
  private config: KubeConfig;
  private login: Promise<Login> | undefined;
  private expires = 0;

  private constructor(name: KubeconfigName, config: KubeConfig) {
    this.name = name;
    this.config = config;
    this.server = config.getCurrentCluster()?.server ?? "";
    this.where = `cluster context ${JSON.stringify(config.getCurrentContext())}`;
  }

  /**
   * Reads the kubeconfig; runs no plugin yet.
   * @throws ClusterError when the kubeconfig does not lead to a cluster.
   */
  static async load(name: KubeconfigName): Promise<Credentials> {
    return new Credentials(name, await loadKubeconfig(name));
  }

  /** @throws ClusterError when the user's credentials cannot be read. */
  get(): Promise<Login> {
    if (this.login !== undefined && performance.now() < this.expires) return this.login;
    return this.begin(() => this.authenticate());
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
      this.config = await loadKubeconfig(this.name);
      return this.authenticate();
    });
  }

  private begin(authenticate: () => Promise<Login>): Promise<Login> {
    const last = this.login;
    const next = authenticate();
    this.login = next;
    this.expires = performance.now() + LIFETIME;
    next.then(
      // Ends the last login's connections as soon as no request uses them.
      () => void last?.then(({ dispatcher }) => dispatcher.close()).catch(() => undefined),
      () => {
        if (this.login === next) this.login = undefined;
      },
    );
    return next;
  }

  private async authenticate(): Promise<Login> {
    const { HttpMethod, RequestContext } = await import("@kubernetes/client-node");
    const context = new RequestContext(this.server, HttpMethod.GET);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`none within ${LOGIN_DEADLINE / 1000} s`));
      }, LOGIN_DEADLINE);
    });
    try {
      await Promise.race([this.config.applySecurityAuthentication(context), late]);
    } catch (error) {
      throw new ClusterError(this.where, {
        operation: "get the credentials of its user",
        cause: withoutSecrets(error),
        general: true,
      });
    } finally {
      clearTimeout(timer);
    }
    // A kubeconfig without certificates needs no particular connections.
    const dispatcher = context.getDispatcher() ?? new (await import("undici")).Agent();
    return { headers: context.getHeaders(), dispatcher };
  }
}

/** Formats an error without the exec plugin's output, which may be a token and which a JSON parser's message quotes. */
function withoutSecrets(error: unknown): string {
  if (error instanceof SyntaxError) return "its command prints no ExecCredential";
  if (!(error instanceof Error)) return "unknown reason";
  return error.message.replace(/\s+/g, " ").trim().slice(0, QUOTED);
}
