import type { Contract, ReadContract } from "./contract/contract.ts";
import { takenFrom } from "./contract/narrowing.ts";
import type { ContractService } from "./contract/service.ts";
import type { SignatureReading } from "./contract/signature.ts";
import { formatGateway } from "./core/address.ts";
import { type Fault, pathOf } from "./core/fault.ts";
import { ownValue, sortedUnique } from "./core/order.ts";
import { count, firstNames } from "./core/text.ts";
import { senderFaults } from "./imports/sender.ts";
import { validatePin } from "./trust/pin.ts";
import { pinnable } from "./trust/pinnedPeer.ts";
import { fingerprintOf } from "./x509/certificate.ts";

/**
 * Effects of a change on readers, the worst first. Refused: each reader refuses the contract as a whole, and keeps what it has. Breaking: a
 * reader loses something that it may use. Interrupting: calls fail until the reader's next update. Compatible: nothing fails.
 */
export const EFFECTS = ["refused", "breaking", "interrupting", "compatible"] as const;

/** One change of a contract. */
export interface ContractChange {
  effect: (typeof EFFECTS)[number];
  /** Place in the contract: `services["bar.xyz.svc.b.local"]`. */
  path: string;
  /** Completes "<path> ...", without a full stop. */
  text: string;
}

/** A contract, read as a peer reads it. */
export interface SignedContract extends ReadContract {
  signature: SignatureReading;
}

/**
 * Finds what a change of a contract does to its readers, by the rules by which they read it.
 * @param reader `<trust domain>/<cluster name>` of the one that matters; undefined for all.
 * @param now roots that are not valid then do not count.
 * @returns the worst first; empty where nothing changes.
 */
export function contractChanges(
  before: SignedContract,
  after: SignedContract,
  reader: string | undefined,
  now: Date,
): ContractChange[] {
  const changes = [
    ...refusals(before, after, now).map(({ path, rule }) => ({
      effect: "refused" as const,
      path,
      text: rule,
    })),
    ...malformedParts(after),
    ...gatewayChanges(before.contract, after.contract),
    ...rootChanges(before.contract, after.contract),
    ...serviceChanges(before.contract.services, after.contract.services, reader),
  ];
  return EFFECTS.flatMap((effect) => changes.filter((change) => change.effect === effect));
}

/** Why a reader that took the contract before refuses the one after it. */
function refusals(before: SignedContract, after: SignedContract, now: Date): Fault[] {
  const peer = after.contract.cluster;
  const digest = "digest" in before.signature ? before.signature.digest : "";
  const pinned = pinnable(before.contract, { digest }, now);
  const { faults } = validatePin(peer, after.contract, now, pinned);
  const fixed = (["topology", "meshId"] as const).flatMap((field): Fault[] => {
    const [was, is] = [before.contract[field], after.contract[field]];
    if (was === is) return [];
    return [{ path: field, value: is, rule: `changes from ${was ?? "none"} to ${is ?? "none"}`, remedy: "" }];
  });
  if ("fault" in after.signature) return [...faults, ...fixed, after.signature.fault];
  // A changed root is one fault: what is signed under it is not another.
  if (faults.length > 0) return [...faults, ...fixed];
  const known = { config: undefined, pinned, ownRoots: [] };
  return [...fixed, ...senderFaults(peer, after.contract, after.signature, known, now)];
}

/** Parts that no reader takes, as they are not valid. */
function malformedParts({ refused, refusedGateways }: SignedContract): ContractChange[] {
  return [...refused, ...refusedGateways].map(({ path, rule }) => ({
    ...{ effect: "breaking", path },
    text: `is not valid, so no reader takes it: ${rule}`,
  }));
}

function gatewayChanges(before: Contract, after: Contract): ContractChange[] {
  const addressesOf = ({ gateways }: Contract): string[] => sortedUnique(gateways.map(formatGateway));
  const [was, is] = [addressesOf(before), addressesOf(after)];
  const [gone, added] = [difference(was, is), difference(is, was)];
  if (gone.length === 0 && added.length === 0) return [];
  const path = "gateways";
  const text = `changes: ${[...gone.map((each) => `- ${each}`), ...added.map((each) => `+ ${each}`)].join(", ")}`;
  if (is.length === 0)
    return [
      {
        effect: "interrupting",
        path,
        text: "has no address any more: readers keep what they have until there is one",
      },
    ];
  const isReplaced = was.length > 0 && gone.length === was.length;
  return [{ effect: isReplaced ? "interrupting" : "compatible", path, text }];
}

/** Changes of roots that readers accept: less is trusted. */
function rootChanges(before: Contract, after: Contract): ContractChange[] {
  const was = before.rootCertificates.map(fingerprintOf);
  const gone = difference(was, after.rootCertificates.map(fingerprintOf));
  if (gone.length === 0 || gone.length === was.length) return [];
  const text = `lose ${gone.join(", ")}: certificates that it signed are refused by readers from their next update on`;
  return [{ effect: "compatible", path: "rootCertificates", text }];
}

function serviceChanges(
  before: Contract["services"],
  after: Contract["services"],
  reader: string | undefined,
): ContractChange[] {
  const hosts = sortedUnique([...Object.keys(before), ...Object.keys(after)]);
  return hosts.flatMap((host): ContractChange[] => {
    const [was, is] = [ownValue(before, host), ownValue(after, host)];
    const path = pathOf("services", host);
    if (was === undefined) return [{ effect: "compatible", path, text: "is new" }];
    const taken = readersOf(was, reader).map((each) => takenFrom(was, is, each));
    const texts = sortedUnique(taken.flat());
    if (is === undefined || texts.length > 0)
      return texts.map((text) => ({ effect: "breaking", path, text }));
    return [...interruptions(was, is), ...extensions(was, is)].map((change) => ({ ...change, path }));
  });
}

/** Stands for a reader that a service names nowhere. */
const ANYBODY = "any other cluster";

/** Readers to whom a service is offered, by whom its changes are compared. */
function readersOf({ peers }: ContractService, reader: string | undefined): readonly string[] {
  return reader === undefined ? (peers ?? [ANYBODY]) : [reader];
}

/** Changes by which calls fail until a reader has taken them over. */
function interruptions(was: ContractService, is: ContractService): Omit<ContractChange, "path">[] {
  const effect = "interrupting";
  const unknown = difference(is.subjectAltNames, was.subjectAltNames);
  return [
    ...(was.terminated === is.terminated
      ? []
      : [
          {
            effect,
            text: `is ${is.terminated === true ? "terminated" : "passed through"} by the gateway from now on`,
          } as const,
        ]),
    ...(unknown.length === 0
      ? []
      : [
          {
            effect,
            text: `has workloads of identities that readers refuse until then: ${firstNames(unknown)}`,
          } as const,
        ]),
  ];
}

function extensions(was: ContractService, is: ContractService): Omit<ContractChange, "path">[] {
  const added = difference(
    is.ports.map(({ number }) => String(number)),
    was.ports.map(({ number }) => String(number)),
  );
  const isRelabelled = JSON.stringify(was.labels) !== JSON.stringify(is.labels);
  return [
    ...(added.length === 0 ? [] : [`has ${count(added.length)} more port(s): ${firstNames(added)}`]),
    ...(isRelabelled ? ["has other labels: import rules that select by labels may decide otherwise"] : []),
  ].map((text) => ({ effect: "compatible", text }));
}

function difference(all: readonly string[], without: readonly string[]): string[] {
  return all.filter((each) => !without.includes(each));
}
