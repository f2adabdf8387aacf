import { EQUAL_DOMAINS } from "./equalDomains.ts";
import { FEDERATION } from "./federation.ts";
import { REPLICATED } from "./replicated.ts";
import type { Scenario } from "./scenario.ts";
import { SINGLE_MESH } from "./singleMesh.ts";

/** What a lab can show; the first one unless another is asked for, and of a topology its first one. */
export const SCENARIOS: readonly Scenario[] = [FEDERATION, EQUAL_DOMAINS, REPLICATED, SINGLE_MESH];
