import { isForbidden } from "../../kubernetes/errors.ts";

/**
 * What looking for the objects gives that not every service has, as DestinationRules. A user that may not even list them (403) never made one,
 * so that none is fine where none is needed: that user registers services under their own names as before.
 * @param isNeeded whether one is declared, or an entry says that there is one.
 * @param none stands for finding none.
 */
export async function unlessForbidden<T>(looking: Promise<T>, isNeeded: boolean, none: T): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!isNeeded && isForbidden(error)) return none;
    throw error;
  }
}
