/**
 * Whether a value takes more than about so many characters as JSON: those of its texts and keys, and one for each value. Takes
 * anything of any size or depth, and stops as soon as it knows.
 */
export function isLargerThan(value: unknown, limit: number): boolean {
  let size = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0 && size <= limit) {
    const next = pending.pop();
    size += ownSize(next);
    if (typeof next !== "object" || next === null || size > limit) continue;
    for (const entry of Object.values(next) as unknown[]) {
      if (typeof entry === "object" && entry !== null) pending.push(entry);
      else size += ownSize(entry);
    }
  }
  return size > limit;
}

/** What a value takes without what is in it; of a list one for each entry, which may be as many as there are. */
function ownSize(value: unknown): number {
  if (typeof value === "string") return 1 + value.length;
  if (typeof value !== "object" || value === null) return 1;
  if (Array.isArray(value)) return 1 + value.length;
  return Object.keys(value).reduce((size, key) => size + 1 + key.length, 1);
}
