import assert from "node:assert/strict";
import { BASE_RELEASE, releasesOf } from "../../federation/core/helmReleases.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { readHelmReleases, readUnownedCrds } from "../../kubernetes/helmReleases.ts";
import { fakeApiServer } from "../providers/support/fakeApiServer.ts";

const record = (name: string, version: string, status: string) => ({
  metadata: {
    name: `sh.helm.release.v1.${name}.v${version}`,
    labels: { owner: "helm", name, version, status },
  },
});

describe("readHelmReleases", () => {
  const server = fakeApiServer();
  let client: ClusterClient;

  before(async () => {
    client = await server.connect();
  });

  it("returns the latest revision of each release, from one list per namespace", async () => {
    const records = [
      record("istiod", "9", "superseded"),
      record("istiod", "10", "pending-upgrade"),
      record("istio-base", "1", "deployed"),
    ];
    server.answer({ status: 200, body: { items: records } }, { status: 200, body: { items: null } });
    assert.deepEqual(
      await readHelmReleases(
        client,
        releasesOf({
          istio: { revision: "default", former: undefined, existing: undefined },
          gateway: { existing: undefined },
        }),
      ),
      [
        { namespace: "istio-system", name: "istio-base", status: "deployed", revision: 1 },
        { namespace: "istio-system", name: "istiod", status: "pending-upgrade", revision: 10 },
      ],
    );
    assert.deepEqual(
      server.requests.map((request) => decodeURIComponent(request.replaceAll("+", " "))).sort(),
      [
        "GET /api/v1/namespaces/istio-gateway/secrets?limit=500&labelSelector=owner=helm,name in (eastwestgateway)",
        "GET /api/v1/namespaces/istio-system/secrets?limit=500&labelSelector=owner=helm,name in (istio-base,istiod)",
      ],
    );
  });

  it("returns unmarked CRDs of the base chart's groups alone", async () => {
    const names = [
      "istiooperators.install.istio.io",
      "gateways.networking.istio.io",
      "rules.config.istio.io",
    ];
    const items = names.map((name) => ({ metadata: { name } }));
    server.answer({ status: 200, body: { items } });
    assert.deepEqual(await readUnownedCrds(client, BASE_RELEASE), ["gateways.networking.istio.io"]);
  });
});
