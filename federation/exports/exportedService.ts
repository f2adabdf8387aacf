import type { ServicePort } from "../contractService.ts";
import type { ExportRule } from "./exportRule.ts";

/** A Service that is offered to peers, as this cluster knows it: what its contract says is only what peers need. */
export interface ExportedService {
  namespace: string;
  name: string;
  /** Its key in the contract: `<name>.<namespace>.svc.<domain>`, or the other name under which its rule offers it. */
  host: string;
  /** Whether it is offered under another name, to which a ServiceEntry has to lead; left out where it is not. */
  isAliased?: true;
  /** Whether the gateway opens peers' calls of it, so that its workloads see the gateway's identity; left out where it does not. */
  terminated?: true;
  /** Labels of its workloads; empty where the Service has no selector, and its identities are annotated. */
  selector: Record<string, string>;
  /** What is offered of it, by number; at least one. */
  ports: ExportedPort[];
  /** Whether those are all that the gateway could lead to: what it passes on unopened it passes on to all ports of a Service. */
  isWhole: boolean;
  /** Who is offered it, by the peers' names in the config, sorted: all of them where the rule names none. */
  peers: string[];
  /** Whether its workloads take calls without mutual TLS too, whose callers have no identity. */
  permissive: boolean;
  /** The rule that decided on it. */
  rule: ExportRule;
  /** Its place among the config's `exports`. */
  ruleIndex: number;
}

/** A port that is offered. */
export interface ExportedPort extends ServicePort {
  /** The port of its workloads; left out where it is named and they do not tell, or do not agree. */
  targetPort?: number;
  /** All ports at which some workload of it takes what comes, sorted; left out where none tells. */
  targetPorts?: number[];
}
