import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import { readPublicDocument } from "../../federation/deckhouse/publicDocument.ts";
import { signFederationToken } from "../../federation/deckhouse/token.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import { hostOf, partyIn } from "../../lab/proofs/proof.ts";
import { waitFor } from "../../lab/ready.ts";
import { makeIdentity, type TestIdentity } from "./deckhouseExporter.ts";
import type { PublishGateway } from "./publishGateway.ts";

const [A] = CLUSTERS;
const PUBLIC = "/metadata/public/public.json";
const PRIVATE = "/metadata/private/federation.json";
const HOUR = 3_600_000;

/** Expects that cluster-a serves the documents of a Deckhouse cluster to two readers that it has pinned, and to nobody else. */
export async function expectDeckhouseDocuments(
  gateway: PublishGateway,
  reader: TestIdentity,
  other: TestIdentity,
): Promise<void> {
  const isServed = async () => (await gateway.get(PUBLIC).catch(() => undefined))?.status === 200;
  await waitFor("cluster-a serves its identity", isServed, 60);
  const found = readPublicDocument(JSON.parse((await gateway.get(PUBLIC)).body));
  assert.ok("value" in found);
  const { clusterUUID: ours } = found.value;
  const get = (token?: string, headers: Record<string, string> = {}) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return gateway.get(PRIVATE, { headers: { ...headers, ...authorization } });
  };
  const sign = (identity: TestIdentity, audience = ours, now = new Date()) =>
    signFederationToken(identity, audience, now);
  const signAll = (identity: TestIdentity, scope: string, issuer = "d8-istio") =>
    new SignJWT({ scope })
      .setProtectedHeader({ alg: "EdDSA" })
      .setIssuer(issuer)
      .setAudience(ours)
      .setSubject(identity.clusterUUID)
      .setExpirationTime("1 minute")
      .sign(createPrivateKey(identity.key));

  await waitFor(
    "cluster-a serves its services",
    async () => (await get(await sign(reader))).status === 200,
    60,
  );
  for (const each of [reader, other]) {
    const { status, type, body } = await get(await sign(each));
    assert.deepEqual([status, type], [200, "application/json"]);
    assert.deepEqual(JSON.parse(body), {
      ingressGateways: [{ address: `${A.network}.0.3`, port: 15443 }],
      publicServices: [{ hostname: hostOf(partyIn(A, true)), ports: [{ name: "http-8080", port: 8080 }] }],
    });
  }

  const claimed = { ...other, clusterUUID: reader.clusterUUID };
  const forged = { "x-istio-federation-sub-cluster-b": reader.clusterUUID };
  const refusals: [string, Promise<{ status: number | undefined }>, number[]][] = [
    ["no token", get(), [403]],
    ["a header instead of a token", get(undefined, forged), [403]],
    ["no JWT", get("token"), [401]],
    ["another audience", get(await sign(reader, other.clusterUUID)), [401, 403]],
    ["another scope", get(await signAll(reader, "private-multicluster")), [403]],
    ["another issuer", get(await signAll(reader, "private-federation", "somebody")), [401]],
    ["expired", get(await sign(reader, ours, new Date(Date.now() - HOUR))), [401]],
    ["a key of nobody", get(await sign(makeIdentity("e"))), [401]],
    [
      "a key of nobody for a known sub",
      get(await sign({ ...makeIdentity("e"), clusterUUID: reader.clusterUUID })),
      [401],
    ],
    ["the key of another reader", get(await sign(claimed)), [404]],
    ["the key of another reader, and a header", get(await sign(claimed), forged), [404]],
    ["a method", gateway.get(PRIVATE, { method: "POST" }), [403]],
    ["a path beside it", gateway.get(`${PRIVATE}/`), [404]],
    ["another path to it", gateway.get("/metadata/private/../private/federation.json"), [403]],
  ];
  for (const [what, answer, statuses] of refusals) {
    const { status = 0 } = await answer;
    assert.ok(statuses.includes(status), `${what}: ${status}`);
  }
}
