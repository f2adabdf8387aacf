import assert from "node:assert/strict";
import type { Fault, Rule } from "../support/faultProxy.ts";
import { type Failed, type FaultSite, failing } from "../support/faultSite.ts";
import { FaultsFixture } from "../support/faultsFixture.ts";
import { sharedCluster } from "../support/sharedCluster.ts";
import { Webhook } from "../support/webhook.ts";

const SERVICES = 100;
/** Writes that succeed before the fault begins. */
const DONE = 40;

const REFUSED =
  /^\d+ of 100 services are registered as declared\. Stopped with \d+ not tried, as they would fail alike\. The next run resumes$/m;

/** The fault for all writes except the first ones, without end. */
function fromThenOn(fault: Fault): Rule {
  return (method, index) => (method !== "GET" && index >= DONE ? fault : undefined);
}

const answer = (status: number, message: string) => ({
  status,
  body: { kind: "Status", status: "Failure", message, code: status },
});

/** Concurrent, as each takes as long as the program retries. */
describe("Many writes stop at a lasting fault:", () => {
  let fixture: FaultsFixture;
  const failures: Record<
    string,
    Promise<{ site: FaultSite; failed: Failed; mend: () => Promise<void> }>
  > = {};

  /** Starts a create during a fault. @param make makes the fault and returns how to end it. */
  function begin(name: string, make: (site: FaultSite) => Promise<() => Promise<void>>): void {
    const run = async () => {
      const site = await fixture.site(name);
      const mend = await make(site);
      return { site, failed: await failing(site.create(site.inputs(SERVICES))), mend };
    };
    failures[name] = run();
    // Reported by the test that awaits it.
    failures[name].catch(() => undefined);
  }

  function beginProxied(name: string, rule: Rule): void {
    begin(name, ({ proxy }) => {
      proxy.inject(rule);
      return Promise.resolve(() => {
        proxy.heal();
        return Promise.resolve();
      });
    });
  }

  function beginWebhook(name: string, how: "away" | "slow"): void {
    begin(name, async (site) => {
      await site.create(site.inputs(DONE));
      const webhook = await Webhook.install(fixture.cluster, name, how);
      return () => webhook.remove();
    });
  }

  before(async () => {
    fixture = await FaultsFixture.start(await sharedCluster());
    beginProxied("hanging", fromThenOn("hang"));
    beginProxied("hanging-in-answers", fromThenOn("hangInBody"));
    beginProxied("failing", fromThenOn(answer(500, "etcdserver: no leader")));
    beginProxied("busy", fromThenOn(answer(429, "Too many requests")));
    beginProxied("breaking", fromThenOn("reset"));
    beginProxied("hanging-at-once", () => "hang");
    beginWebhook("without-istiod", "away");
    beginWebhook("with-slow-istiod", "slow");
  });

  after(() => fixture.stop());

  async function assertStopped(name: string, cause: RegExp): Promise<void> {
    const { site, failed, mend } = await failures[name]!;
    const { text, state, seconds } = failed;
    // A bound against endless retries, generous for busy machines.
    assert.ok(seconds < 240, `took ${seconds} s`);
    assert.match(text, cause);
    assert.match(text, REFUSED);
    assert.equal(text.split("\n").length, 2, text);
    assert.equal(state?.imported, Number(/^\d+/.exec(text)?.[0]));
    assert.equal(state.imported, DONE);
    await mend();
    await site.assertFinishes(failed, site.inputs(SERVICES));
  }

  it("an API server that hangs", () =>
    assertStopped(
      "hanging",
      /cannot apply ServiceEntry .*: no answer within 30 s \(the same for \d+ more: /,
    ));

  it("an API server that hangs halfway through its answers", () =>
    assertStopped("hanging-in-answers", /no answer within 30 s/));

  it("an API server with internal errors", () =>
    assertStopped("failing", /cannot apply ServiceEntry .*: 500: etcdserver: no leader/));

  it("an API server that is too busy", () => assertStopped("busy", /429: Too many requests/));

  it("connections that break", () => assertStopped("breaking", /127(?:\.\d+){3}:\d+: other side closed/));

  it("istiod down while its webhook fails closed", () =>
    assertStopped(
      "without-istiod",
      /istiod's admission webhook "rev\.validation\.istio\.io" has no Pod that answers: .*connection refused\. See why istiod is not ready, then try again/,
    ));

  it("istiod slow while its webhook fails closed", () =>
    assertStopped(
      "with-slow-istiod",
      /istiod's admission webhook .* cannot be reached by the API server in time.*(deadline|timeout)/,
    ));

  it("the progress of each update is logged meanwhile", async () => {
    await failures["hanging"];
    const logged = fixture.provider.lines.filter(
      (line) => line === `peer cluster-b: ${DONE} of 100 services written`,
    );
    assert.ok(logged.length >= 1, fixture.provider.lines.join("\n"));
  });

  it("an API server that hangs from the start, before any change", async () => {
    const { site, failed, mend } = await failures["hanging-at-once"]!;
    assert.ok(failed.seconds < 240);
    assert.equal(failed.state, undefined);
    assert.match(
      failed.text,
      /cannot list serviceentries in namespace .*: no answer within 30 s\. Nothing was changed in the cluster/,
    );
    await mend();
    await site.create(site.inputs(SERVICES));
    await site.assertThere(site.inputs(SERVICES));
  });
});
