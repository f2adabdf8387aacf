import pMap from "p-map";
import { MANAGED_BY } from "../../federation/core/labels.ts";
import type { ServiceEntry } from "../../federation/imports/serviceEntry.ts";
import { step, type Log } from "../progress.ts";
import { istiodSettled, type ApiServer } from "./apiServer.ts";
import type { FLOOR_STEPS } from "./rows.ts";
import { entriesOf, moved, type Measurement, type Work } from "./work.ts";

/** Requests in flight that are tried for the floor. */
const CONCURRENCIES = [8, 16, 32, 64] as const;

/** Most requests in flight. */
export const MOST_CONNECTIONS = Math.max(...CONCURRENCIES);

/** Number of requests in flight that creates a sample of entries fastest on this machine. */
export async function bestConcurrency(
  api: ApiServer,
  sample: readonly ServiceEntry[],
  log: Log,
): Promise<number> {
  // The first requests pay for the connections and for code that is not compiled yet.
  await applyAll(api, sample, MOST_CONNECTIONS);
  await deleteAll(api, sample);
  const rates = new Map<number, number>();
  // There and back, as the API server still gets faster meanwhile.
  for (const concurrency of [...CONCURRENCIES, ...CONCURRENCIES.toReversed()]) {
    const start = performance.now();
    await applyAll(api, sample, concurrency);
    const rate = sample.length / ((performance.now() - start) / 1000);
    rates.set(concurrency, Math.max(rate, rates.get(concurrency) ?? 0));
    await deleteAll(api, sample);
  }
  await istiodSettled(api);
  const [best] = [...rates].sort(([, one], [, other]) => other - one).map(([concurrency]) => concurrency);
  const tried = [...rates].map(([concurrency, rate]) => `${concurrency}: ${rate.toFixed(0)}/s`).join(", ");
  log(`floor: creates by requests in flight: ${tried}; ${best} it is`);
  return best ?? MOST_CONNECTIONS;
}

interface FloorOptions extends Measurement {
  /** Requests in flight. */
  readonly concurrency: number;
}

/**
 * Measures the floor that no program can beat: the program's objects are created and all changed as fast as the API server takes them.
 * Its speed changes with its age, so the program is measured between two creations, whose mean time counts.
 */
export async function measureFloor(options: FloorOptions, between: () => Promise<void>): Promise<void> {
  const { api, work, onRow } = options;
  const { services } = work;
  const first = await timed(options, "floor-create", work);
  onRow({ services, step: "floor-update", seconds: await timed(options, "floor-update", moved(work)) });
  await clear(api, work);
  await between();
  const second = await timed(options, "floor-create", work);
  onRow({ services, step: "floor-create", seconds: (first + second) / 2 });
  await clear(api, work);
}

/** @returns seconds. */
async function timed(
  { api, concurrency, log }: FloorOptions,
  name: (typeof FLOOR_STEPS)[number],
  declared: Work,
): Promise<number> {
  const entries = entriesOf(declared);
  const start = performance.now();
  await step(log, `${declared.services} services: ${name}`, () => applyAll(api, entries, concurrency));
  const seconds = (performance.now() - start) / 1000;
  await istiodSettled(api);
  return seconds;
}

async function clear(api: ApiServer, work: Work): Promise<void> {
  await deleteAll(api, entriesOf(work));
  await istiodSettled(api);
}

async function applyAll(
  api: ApiServer,
  entries: readonly ServiceEntry[],
  concurrency: number,
): Promise<void> {
  const query = `fieldManager=${MANAGED_BY}&force=true&fieldValidation=Strict`;
  const contentType = "application/apply-patch+yaml";
  await pMap(
    entries,
    (entry) => api.request({ method: "PATCH", path: `${pathOf(entry)}?${query}`, body: entry, contentType }),
    { concurrency },
  );
}

async function deleteAll(api: ApiServer, entries: readonly ServiceEntry[]): Promise<void> {
  await pMap(entries, (entry) => api.request({ method: "DELETE", path: pathOf(entry), accept: [404] }), {
    concurrency: MOST_CONNECTIONS,
  });
}

function pathOf({ metadata: { namespace, name } }: ServiceEntry): string {
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/serviceentries/${name}`;
}
