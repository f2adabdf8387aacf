/** Seed of the property tests with hostile contracts: `$FC_SEED`, else another one at each run. */
export const SEED: number = Number(process.env["FC_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
