import { objectsOf } from "../importedHosts.ts";

interface Rule {
  metadata: object;
  spec: { subsets: { name: string; labels: Record<string, string> }[] };
}

interface Routes {
  metadata: object;
  spec: { http: { name: string; match?: object[]; timeout?: string; route: { weight?: number }[] }[] };
}

const HASH = "rollouts-pod-template-hash";
/** Route of a step `setHeaderRoute`. */
const HEADER_ROUTE = "set-header";

/** The objects of a rollout in a cluster, which Argo Rollouts reads and replaces as a whole. */
export class Rollout {
  readonly #objects: ReturnType<typeof objectsOf>;
  readonly #place: { group: string; version: string; namespace: string; name: string };

  constructor(lab: Parameters<typeof objectsOf>[0], cluster: string, name: string) {
    this.#objects = objectsOf(lab, cluster);
    this.#place = { group: "networking.istio.io", version: "v1", namespace: "shop", name };
  }

  /** Moves a share of the calls to the canary, testers' calls by a route of their own, and gives the subsets the hashes of their Pods. */
  async move(percent: number): Promise<void> {
    const routes = await this.#routes();
    const primary = routes.spec.http.find(({ name }) => name === "primary");
    const [stable, canary] = primary?.route ?? [];
    if (primary === undefined || stable === undefined || canary === undefined)
      throw new Error("no route with two destinations");
    const match = [{ headers: { tester: { exact: "yes" } } }];
    const header = { name: HEADER_ROUTE, match, route: [{ ...canary, weight: 100 }] };
    stable.weight = 100 - percent;
    canary.weight = percent;
    routes.spec.http = [header, primary];
    await this.#replace("virtualservices", routes);
    const rule = await this.#rule();
    for (const { name, labels } of rule.spec.subsets) labels[HASH] = `${name}-${percent}`;
    await this.#replace("destinationrules", rule);
  }

  /** Returns the state of the objects. */
  async read() {
    const { spec } = await this.#routes();
    const { spec: rule } = await this.#rule();
    const [header, primary] = spec.http;
    return {
      names: [header?.name, primary?.name],
      weights: primary?.route.map(({ weight }) => weight),
      timeout: primary?.timeout,
      hashes: rule.subsets.map(({ labels }) => labels[HASH]),
    };
  }

  async #routes(): Promise<Routes> {
    const place = { ...this.#place, plural: "virtualservices" };
    return (await this.#objects.getNamespacedCustomObject(place)) as Routes;
  }

  async #rule(): Promise<Rule> {
    const place = { ...this.#place, plural: "destinationrules" };
    return (await this.#objects.getNamespacedCustomObject(place)) as Rule;
  }

  async #replace(plural: string, body: object): Promise<void> {
    const fieldManager = "rollouts-controller";
    await this.#objects.replaceNamespacedCustomObject({ ...this.#place, plural, body, fieldManager });
  }
}
