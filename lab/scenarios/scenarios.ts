import { FEDERATION } from "./federation.ts";
import { REPLICATED } from "./replicated.ts";
import type { Scenario } from "./scenario.ts";
import { SINGLE_MESH } from "./singleMesh.ts";

/** What a lab can show; the first one unless another is asked for. */
export const SCENARIOS: readonly Scenario[] = [FEDERATION, REPLICATED, SINGLE_MESH];
