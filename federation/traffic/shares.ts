/** Sum of numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Converts weights to percentages of their total, with one decimal; zeros for a total of 0. */
export function toPercentages(weights: readonly number[]): number[] {
  const total = sum(weights);
  return weights.map((weight) => (total === 0 ? 0 : Math.round((weight / total) * 1000) / 10));
}

/** Formats weights as shares of their total: `97.6 %, 2.4 %`. */
export function formatShares(weights: readonly number[]): string {
  return toPercentages(weights)
    .map((percentage) => `${percentage} %`)
    .join(", ");
}
