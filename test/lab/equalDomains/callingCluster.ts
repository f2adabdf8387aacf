import { expectConverged } from "../../../lab/federate.ts";
import type { RunningLab } from "../../../lab/lab.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { IMPORTS, objectsOf } from "../importedHosts.ts";
import { log } from "../sharedLab.ts";
import { type StackFileConfig, editedStackFile } from "../stackFile.ts";
import { NAME, ONE } from "./parties.ts";

/** A rule for what both peers serve, by the peer's name; a peer without one is taken out of the config. */
export type Rules = Readonly<Record<string, object>>;

/** What is kept of the name that both peers serve, as far as tests look at it. */
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

  constructor(lab: RunningLab) {
    this.lab = lab;
  }

  /** Updates this cluster to these rules. */
  async imports(rules: Rules): Promise<void> {
    await (await this.stack(rules)).up();
  }

  /** @throws LabError when a second update to these rules would change something. */
  async expectConverged(rules: Rules): Promise<void> {
    await expectConverged([await this.stack(rules)], log);
  }

  /** This cluster's stack with these rules, each followed by one for all that the peer has otherwise. */
  async stack(rules: Rules): Promise<Stack> {
    return this.#stackOf(ONE.name, (config) => {
      const peers = config["istio-federation:peers"] as Record<string, object>;
      config["istio-federation:peers"] = Object.fromEntries(
        Object.entries(rules).map(([peer, rule]) => [peer, { ...peers[peer], imports: [rule, {}] }]),
      );
    });
  }

  /** Updates peers. @param localities of their gateways, by the peers' names; undefined: not told. */
  async publish(localities: Readonly<Record<string, string | undefined>>): Promise<void> {
    await Promise.all(
      Object.entries(localities).map(async ([peer, locality]) => {
        const stack = await this.#stackOf(peer, (config) => {
          if (locality !== undefined)
            Object.assign(config["istio-federation:gateway"] as object, { locality });
        });
        await stack.up();
      }),
    );
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
