import { setTimeout as sleep } from "node:timers/promises";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT, type Workload } from "../../lab/workloads/workload.ts";

/** Who calls which host. */
export interface Route {
  readonly from: Pick<Workload, "address">;
  readonly host: string;
  /** Default: that of the services of a federation. */
  readonly port?: number;
}

/** Between two requests of one route: what else runs on the machine needs it, too. */
const PAUSE_MILLISECONDS = 10;

/** Requests on several routes, one after the other on each, until it is ended. */
export class Load {
  private isEnding = false;
  private calls = 0;
  private readonly failures: string[] = [];
  private readonly running: Promise<unknown>;

  constructor(routes: readonly Route[]) {
    this.running = Promise.all(routes.map((route) => this.keepCalling(route)));
  }

  /** @returns how many requests there were, and of each one that got no 200 what it got. */
  async end(): Promise<{ calls: number; failures: readonly string[] }> {
    this.isEnding = true;
    await this.running;
    return { calls: this.calls, failures: this.failures };
  }

  private async keepCalling({ from, host, port = SERVICE_PORT }: Route): Promise<void> {
    while (!this.isEnding) {
      const { status, error = "" } = await callService(from, host, port);
      this.calls++;
      if (status !== 200) this.failures.push(`${new Date().toISOString()} ${host}: ${status} ${error}`);
      await sleep(PAUSE_MILLISECONDS);
    }
  }
}
