import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { otherPeers } from "../../../federation/imports/otherPeers.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { viewPeers } from "../planContext.ts";
import { KUBECONFIG, LOCAL_CLUSTER, contractOf, validConfig } from "../samples.ts";

const MOST = 200;
const SERVICES = 100;

describe("A plan with many peers", () => {
  let roots: string[];

  before(async () => {
    const made = await Promise.all(
      Array.from({ length: MOST }, (_, index) => TestAuthority.root(`O=c${index}.local`)),
    );
    roots = made.map(({ pem }) => new X509Certificate(pem).toString());
  });

  /** Processor time to plan that many peers with 100 services each, in milliseconds; the best of three. */
  function timeOf(count: number): number {
    const names = Array.from({ length: count }, (_, index) => `c${index}`);
    const readings = Object.fromEntries(
      names.map((name, index) => [name, { contract: publishedBy(name, index) }]),
    );
    const peers = Object.fromEntries(
      names.map((name) => [
        name,
        {
          stack: name,
          exportTo: ["*"],
          imports: [{ service: "s1", as: `{name}-${name}.{namespace}.shared` }, {}],
        },
      ]),
    );
    const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, peers }, "cluster-a");
    const times = [1, 2, 3].map(() => {
      const start = process.cpuUsage();
      const { peers: views } = viewPeers(config, readings, {}, new Date());
      const others = otherPeers(views, []);
      const { user, system } = process.cpuUsage(start);
      assert.equal(Object.keys(others).length, count);
      return (user + system) / 1000;
    });
    return Math.min(...times);
  }

  function publishedBy(name: string, index: number): unknown {
    const domain = `${name}.local`;
    const services = Array.from({ length: SERVICES }, (_, each) => [
      `s${each}.shop.svc.${domain}`,
      {
        ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
        subjectAltNames: [`spiffe://${domain}/ns/shop/sa/s${each}`],
      },
    ]);
    return contractOf({
      ...{ cluster: name, clusterDomain: domain, meshDomain: `${name}.mesh`, trustDomain: domain },
      gateways: [{ address: `203.0.113.${(index % 250) + 1}`, port: 15443 }],
      rootCertificates: [roots[index]],
      services: Object.fromEntries(services) as object,
    });
  }

  it("takes linear time", function () {
    this.timeout(120_000);
    timeOf(20);
    const [few, many] = [timeOf(MOST / 4), timeOf(MOST)];
    // Four times as many peers; quadratic would be sixteen times as long.
    assert.ok(
      many < 8 * few,
      `${Math.round(many)} ms for ${MOST} peers, ${Math.round(few)} ms for a quarter of them`,
    );
  });
});
