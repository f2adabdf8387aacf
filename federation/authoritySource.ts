import type { ProvidedAuthority } from "./providedAuthority.ts";
import type { RotationPlan } from "./rotation.ts";

/** Where a cluster's certificate authority comes from: it is its own, with these roots, or is given from outside. */
export type AuthoritySource = { rotation: RotationPlan } | { provided: ProvidedAuthority };
