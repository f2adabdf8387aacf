import type { Fault } from "../federation/core/fault.ts";

/** Reason why the engine could not read a stack, and what to do about it. */
type Failure = Pick<Fault, "rule" | "remedy">;

/** Way that needs no right on the stack that could not be read. */
const OTHERWISE =
  ", or have its team offer the contract by a contract stack, a file or HTTPS (docs/contract.md)";

/**
 * Failures by the engine's message, which differ by backend and version. Since Pulumi 3.171 (pulumi/pulumi#19533) the engine reads what is
 * not secret of a stack whose passphrase is another one; some passphrase must be set all the same. A key in a cloud's KMS is asked for first,
 * so nothing is read without it.
 */
const FAILURES: readonly { message: RegExp; failure: Failure; isOfReader?: boolean }[] = [
  {
    // pkg/backend/diy: it takes the whole name for a stack's.
    message: /invalid character '\/'/,
    failure: {
      rule: "cannot be read: this self-managed backend has Pulumi's layout from before projects, in which stacks have no organization and project",
      remedy:
        "Run `pulumi state upgrade` once, which moves all stacks of the backend to the present layout; every user of it then needs a Pulumi that has this command",
    },
    isOfReader: true,
  },
  {
    message: /passphrase must be set/,
    failure: {
      rule: "cannot be read: its secrets have a passphrase, and this run has none at all",
      remedy: "Set PULUMI_CONFIG_PASSPHRASE; to any text, if only what is not secret is read",
    },
    isOfReader: true,
  },
  {
    message: /incorrect passphrase/,
    failure: {
      rule: "cannot be read: it has another passphrase than this run, and this version of Pulumi decrypts all of it or nothing",
      remedy: "Update the Pulumi CLI to 3.171 or later, which reads what is not secret",
    },
  },
  {
    // pkg/secrets/cloud, by gocloud.dev/secrets (pulumi/pulumi#11109, #21436).
    message: /\bsecrets \(code=|secrets manager of type "cloud"/,
    failure: {
      rule: "cannot be read: its secrets have a key in a cloud, and this run's user may not decrypt with it, which Pulumi does first for plain outputs too",
      remedy: "Permit this run's user to decrypt with that key",
    },
  },
  {
    message: /PermissionDenied|AccessDenied|permission denied|forbidden|\b40[13]\b/i,
    failure: {
      rule: "cannot be read: this run's user has no right to",
      remedy: "Log in as another user (`pulumi login`), or have its team permit this one to read that stack",
    },
  },
];

/**
 * Explains why the engine could not read a stack.
 * @param message of the engine.
 * @param isForContract whether the stack was read for a contract, which has other ways.
 */
export function stackFailure(message: string, isForContract: boolean): Failure {
  const known = FAILURES.find((each) => each.message.test(message));
  const otherwise = isForContract && known?.isOfReader !== true ? OTHERWISE : "";
  if (known !== undefined) {
    const { rule, remedy } = known.failure;
    return { rule: `${rule} (${message})`, remedy: `${remedy}${otherwise}` };
  }
  const remedy =
    "Find out by `pulumi stack output --stack` with that name, as the user and in the backend of this run";
  return { rule: `cannot be read: ${message}`, remedy: `${remedy}${otherwise}` };
}

/**
 * Explains outputs that the engine could not decrypt: it returns empty maps instead.
 * @param names of the outputs.
 */
export function hiddenOutputs(names: readonly string[]): Failure {
  return {
    rule: `has secret outputs that this run cannot decrypt, so they arrive empty: ${names.join(", ")}`,
    remedy:
      "Give this run the stack's passphrase or the right to decrypt with its key; the stacks of a single mesh need the same, as they read each other's credentials",
  };
}
