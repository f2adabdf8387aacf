import type { Differences, Properties } from "./values.ts";

/** An invalid input, reported before anything changes. */
export interface CheckFailure {
  /** Path of the property; empty for the resource as a whole. */
  readonly property: string;
  readonly reason: string;
}

export interface Checked {
  readonly inputs: Properties;
  readonly failures?: readonly CheckFailure[];
}

export interface Diffed {
  /** Changed properties; empty: nothing to do. */
  readonly differences: Differences;
  /** Changed paths that cannot change in place. */
  readonly replaces?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
}

/** Resource of a call. */
export interface Subject {
  readonly urn: string;
  /** Type token, e.g. `kubernetes:core/v1:Namespace`. */
  readonly type: string;
  /** The name in the program. */
  readonly name: string;
}

export interface Existing extends Subject {
  readonly id: string;
}

export interface CheckCall extends Subject {
  /** Inputs of the last update; empty for a new resource. */
  readonly olds: Properties;
  readonly news: Properties;
  readonly randomSeed: Uint8Array;
  /** The engine's proposal, where the project configures `pulumi:autonaming`. */
  readonly autonaming?: { readonly mode: "propose" | "enforce" | "disable"; readonly name: string };
}

export interface DiffCall extends Existing {
  readonly olds: Properties;
  readonly oldInputs: Properties;
  readonly news: Properties;
  /** Paths of the option `ignoreChanges`; the engine has reset these inputs to those of the last update. */
  readonly ignoreChanges: readonly string[];
}

export interface CreateCall extends Subject {
  readonly inputs: Properties;
  readonly preview: boolean;
  /** 0 for the default. */
  readonly timeoutSeconds: number;
}

export interface ReadCall extends Existing {
  /** The state; empty for an import. */
  readonly outputs: Properties;
  readonly inputs: Properties;
}

export interface UpdateCall extends DiffCall {
  readonly preview: boolean;
  readonly timeoutSeconds: number;
}

export interface DeleteCall extends Existing {
  readonly outputs: Properties;
  readonly timeoutSeconds: number;
}

/** Methods may answer at once. */
type Answer<T> = T | Promise<T>;

/** The life of one kind of resource. */
export interface ResourceKind {
  check(call: CheckCall): Answer<Checked>;
  diff(call: DiffCall): Answer<Diffed>;
  create(call: CreateCall): Answer<{ readonly id: string; readonly outputs: Properties }>;
  /** Undefined: it is gone. */
  read(
    call: ReadCall,
  ): Answer<{ readonly id: string; readonly outputs: Properties; readonly inputs: Properties } | undefined>;
  update(call: UpdateCall): Answer<Properties>;
  delete(call: DeleteCall): Answer<void>;
}

/** A provider: its own configuration, and the kinds of resources it knows. */
export interface Provider {
  readonly name: string;
  readonly version: string;
  checkConfig(call: CheckCall): Answer<Checked>;
  diffConfig(call: DiffCall): Answer<Diffed>;
  configure(config: Properties): Answer<void>;
  /** @throws Error for an unknown type token. */
  kind(type: string): ResourceKind;
}

/** Thrown when the object was created or updated but did not become ready: the engine keeps it in state. */
export class InitializationError extends Error {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs: Properties;
  readonly reasons: readonly string[];

  constructor(id: string, outputs: Properties, inputs: Properties, reasons: readonly string[]) {
    super(reasons.join("; "));
    this.name = "InitializationError";
    this.id = id;
    this.outputs = outputs;
    this.inputs = inputs;
    this.reasons = reasons;
  }
}
