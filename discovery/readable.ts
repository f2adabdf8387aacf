import { FaultsError } from "../federation/core/fault.ts";

/**
 * What a stack last published, for one that can do without it.
 * @param otherwise stands for what cannot be read.
 * @throws whatever is no fault of what is read.
 */
export function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FaultsError) return otherwise;
    throw error;
  }
}
