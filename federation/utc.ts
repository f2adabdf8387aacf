/** A moment in UTC, to the second: `2026-11-21T10:28:15Z`. */
export function utc(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
