/** Sum of numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Formats weights as shares of their total: `97.6 %, 2.4 %`. */
export function formatShares(weights: readonly number[]): string {
  const total = sum(weights);
  return weights.map((weight) => `${Math.round((weight / total) * 1000) / 10} %`).join(", ");
}
