import type { TrafficRule } from "./trafficRule.ts";

/** All rules, in the order of their findings. */
export const TRAFFIC_RULES: readonly TrafficRule[] = [];
