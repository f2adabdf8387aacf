/** A failure that the person at the keyboard can act on: shown as its message alone, without a stack trace. */
export class LabError extends Error {
  override readonly name = "LabError";
}
