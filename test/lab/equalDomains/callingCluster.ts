import { isDeepStrictEqual } from "node:util";
import { expectConverged } from "../../../lab/federate.ts";
import type { RunningLab } from "../../../lab/lab.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { IMPORTS, objectsOf } from "../importedHosts.ts";
import { log } from "../sharedLab.ts";
import { type StackFileConfig, editedStackFile } from "../stackFile.ts";
import { NAME, ONE, type Rules } from "./parties.ts";

/** Sets these rules in the calling cluster's config, each followed by one for all that the peer has otherwise. */
export function setRules(config: StackFileConfig, rules: Rules): void {
  const peers = config["istio-federation:peers"] as Record<string, object>;
  config["istio-federation:peers"] = Object.fromEntries(
    Object.entries(rules).map(([peer, rule]) => [peer, { ...peers[peer], imports: [rule, {}] }]),
  );
}

/** Fields of the name that both peers serve, as far as tests look at them. */
export interface NamedEntry {
  readonly metadata: { readonly uid: string };
  readonly spec: {
    readonly endpoints: readonly { readonly address: string; readonly locality?: string }[];
    readonly subjectAltNames: readonly string[];
  };
}

/** The cluster that calls what two peers serve, and what its stack and theirs say of that. */
export class CallingCluster {
  readonly lab: RunningLab;
  /** Rules of the last update; undefined when a peer has published something since. */
  #rules: Rules | undefined;

  /** @param rules with which the cluster was federated. */
  constructor(lab: RunningLab, rules: Rules) {
    this.lab = lab;
    this.#rules = rules;
  }

  /** Updates this cluster to these rules, unless it has them: tests that need one state follow each other. */
  async imports(rules: Rules): Promise<void> {
    if (isDeepStrictEqual(rules, this.#rules)) return;
    this.#rules = undefined;
    await (await this.stack(rules)).up();
    this.#rules = rules;
  }

  /** @throws LabError when a second update to these rules would change something. */
  async expectConverged(rules: Rules): Promise<void> {
    await expectConverged([await this.stack(rules)], log);
  }

  /** This cluster's stack with these rules. */
  async stack(rules: Rules): Promise<Stack> {
    return this.#stackOf(ONE.name, (config) => {
      setRules(config, rules);
    });
  }

  /** Updates a peer. @param locality of its gateway. */
  async publish(peer: string, locality: string): Promise<void> {
    this.#rules = undefined;
    const stack = await this.#stackOf(peer, (config) => {
      Object.assign(config["istio-federation:gateway"] as object, { locality });
    });
    await stack.up();
  }

  /** The ServiceEntry of the name that both peers serve. */
  async entry(): Promise<NamedEntry> {
    const objects = objectsOf(this.lab, ONE.name);
    return (await objects.getNamespacedCustomObject({ ...IMPORTS, name: NAME })) as NamedEntry;
  }

  /** The policy of the DestinationRule that belongs to it. */
  async policy(): Promise<object> {
    const place = { ...IMPORTS, plural: "destinationrules", name: NAME };
    const rule = (await objectsOf(this.lab, ONE.name).getNamespacedCustomObject(place)) as {
      spec: { trafficPolicy: object };
    };
    return rule.spec.trafficPolicy;
  }

  async #stackOf(name: string, edit: (config: StackFileConfig) => void): Promise<Stack> {
    const configFile = await editedStackFile(this.lab, name, edit);
    return new Stack(name, this.lab, { configFile });
  }
}
