import * as z from "zod";
import { sortedRecord } from "../order.ts";

const map = z.record(z.string(), z.unknown());

/**
 * Reads a stack output that has an entry for each peer, as this program or an older one wrote it.
 * @returns by the peer's name, sorted, without those that do not fit.
 */
export function readByPeer<T>(entry: z.ZodType<T>, output: unknown): Record<string, T> {
  return sortedRecord(
    Object.entries(map.safeParse(output).data ?? {}).flatMap(([peer, value]) => {
      const { success, data } = entry.safeParse(value);
      return success ? [[peer, data] as const] : [];
    }),
  );
}
