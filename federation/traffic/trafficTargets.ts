import type { Fault } from "../core/fault.ts";
import type { FoundServices } from "../exports/clusterServices.ts";
import type { Import } from "../imports/import.ts";
import type { ServerSecret } from "../publish/serverCertificate.ts";
import type { Reading } from "../snapshot.ts";
import type { Crd } from "./crd.ts";
import type { TrafficObject } from "./trafficObject.ts";

/** A file of `traffic.files`. */
export interface TrafficFile {
  /** Relative to the program's folder. */
  path: string;
  text: string;
}

/** A host that was registered for a peer before this update. */
export interface RegisteredHost {
  host: string;
  peer: string;
  /** As it is registered; read only for hosts of canaries, whose routes need its ports while the peer is not ready. */
  service: Import | undefined;
  /** Namespaces that see it, where its service is read; else `*`. */
  exportTo: readonly string[];
}

/** Objects of a stack's documents, and the faults of what is none. */
export interface ParsedObjects {
  /** In order of kind, namespace and name. */
  objects: readonly TrafficObject[];
  /** Identities of all objects that are named, faulty ones too, as `objectKey` formats them. */
  declared: readonly string[];
  faults: readonly Fault[];
}

/** Traffic objects of the stack, and what of the cluster these refer to; read only for a stack with `traffic`. */
export interface TrafficReadings {
  declared: Reading<ParsedObjects>;
  /** CRDs of the objects' kinds that are installed; where these may not be read, objects are not checked against them. */
  crds: Reading<readonly Crd[]>;
  /** All Services, with the Pods, WorkloadEntries and namespaces. */
  services: Reading<FoundServices>;
  /** TLS Secrets that Gateways and DestinationRules name, by `namespace/name`; undefined for one that is not there. */
  secrets: Reading<Readonly<Record<string, ServerSecret | undefined>>>;
  /** Traffic objects of others. */
  foreign: Reading<readonly TrafficObject[]>;
  /** VirtualServices, DestinationRules, ServiceEntries and routes of the Gateway API of the stack, as they are before this update. */
  applied: Reading<readonly TrafficObject[]>;
  /** Hosts of peers. */
  registered: Reading<readonly RegisteredHost[]>;
}
