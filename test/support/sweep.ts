/** Number of random cases: few by default, many where `TEST_DEEP` is set (`npm run test:deep`). */
export function sweep(sample: number, deep: number): number {
  return process.env["TEST_DEEP"] ? deep : sample;
}
