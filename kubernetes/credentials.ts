import type { KubeConfig } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { ClusterError } from "./errors.ts";
import { type KubeconfigName, loadKubeconfig } from "./kubeconfig.ts";

/** How long a login serves, in milliseconds: a token file may change meanwhile, an exec plugin's token expire. */
const LIFETIME = 60_000;

/** Longest wait for an exec plugin or an identity provider, in milliseconds. */
const LOGIN_DEADLINE = 30_000;

/** Longest quotation of what an exec plugin complains about, in characters. */
const QUOTED = 300;

/** What a request needs to be accepted. */
export interface Login {
  readonly headers: Readonly<Record<string, string>>;
  /** Connections that carry the client certificate and the trust, through the proxy if there is one. */
  readonly dispatcher: Dispatcher;
}

/** The credentials of one context: got when they are first needed, kept for a minute, got anew when refused. */
export class Credentials {
  /** For messages: `cluster context "cluster-a"`. */
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
   * @throws ClusterError when it does not lead to a cluster.
   */
  static async load(name: KubeconfigName): Promise<Credentials> {
    return new Credentials(name, await loadKubeconfig(name));
  }

  /** @throws ClusterError when there are no credentials to be had. */
  get(): Promise<Login> {
    if (this.login !== undefined && performance.now() < this.expires) return this.login;
    return this.begin(() => this.authenticate());
  }

  /**
   * Gets new ones, from the kubeconfig as it is now, unless another request has done so meanwhile.
   * @param refused what the API server did not accept.
   * @throws ClusterError when there are no credentials to be had.
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
      // Ends the last one's connections as soon as no request is on them.
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
    // Without certificates of its own the kubeconfig asks for no particular connections.
    const dispatcher = context.getDispatcher() ?? new (await import("undici")).Agent();
    return { headers: context.getHeaders(), dispatcher };
  }
}

/** A JSON parser's message quotes what an exec plugin printed, which may be a token. */
function withoutSecrets(error: unknown): string {
  if (error instanceof SyntaxError) return "its command prints no ExecCredential";
  if (!(error instanceof Error)) return "unknown reason";
  return error.message.replace(/\s+/g, " ").trim().slice(0, QUOTED);
}
