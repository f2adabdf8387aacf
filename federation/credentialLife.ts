import type { CredentialLife } from "./peerAccess.ts";

/** Part of its life after which a credential is renewed: whoever uses it has as much again to take the new one. */
const RENEWED_AFTER = 0.5;

/** Part of its life after which one that was not renewed is worth a warning. */
const WARNED_AFTER = 0.75;

/** Whether it is time to renew a credential; one without an end never is. */
export function isDue(life: CredentialLife, now: Date): boolean {
  return isPast(life, RENEWED_AFTER, now);
}

/** Whether a credential has come so near to its end that somebody forgot to renew it, or has ended. */
export function isLate(life: CredentialLife, now: Date): boolean {
  return isPast(life, WARNED_AFTER, now);
}

/** Whether a credential serves no more. */
export function hasEnded(life: CredentialLife, now: Date): boolean {
  return isPast(life, 1, now);
}

function isPast({ issued, expires }: CredentialLife, part: number, now: Date): boolean {
  if (expires === undefined) return false;
  const start = Date.parse(issued);
  return now.getTime() >= start + part * (Date.parse(expires) - start);
}

/** Tells which credentials an update renews. @param lives of those given to peers, by the peer's name. */
export function describeRenewals(lives: Readonly<Record<string, CredentialLife>>, now: Date): string[] {
  return Object.entries(lives).flatMap(([peer, life]) =>
    isDue(life, now)
      ? [
          `The credential of peer ${peer} for this cluster ${hasEnded(life, now) ? "ended" : "ends"} on ${life.expires}: ` +
            "this update renews it; then its team is to run `pulumi up` on its stack",
        ]
      : [],
  );
}
