import { OWN_GATEWAY } from "../../../federation/core/gatewayPlace.ts";
import assert from "node:assert/strict";
import { toContract } from "../../../federation/contract/contract.ts";
import { foldContract } from "../../../federation/contract/fold.ts";
import { SIGNATURE, verifySignature } from "../../../federation/contract/signature.ts";
import type { ContractService } from "../../../federation/contract/service.ts";
import { findDeleted, findEdited } from "../../../federation/editedObjects.ts";
import type { OwnObject } from "../../../federation/ownObjects.ts";
import {
  DOCUMENT_LIMIT,
  documentRoute,
  publishGatewaySpec,
} from "../../../federation/publish/documentRoutes.ts";
import { servedDocuments } from "../../../federation/publish/documents.ts";
import {
  checkPublication,
  planPublication,
  publishDeclaration,
} from "../../../federation/publish/publishPlan.ts";
import type { ServerSecret } from "../../../federation/publish/serverCertificate.ts";
import type { Reading } from "../../../federation/snapshot.ts";
import { TestAuthority } from "../../support/testAuthority.ts";
import { NOW, runPart } from "../planContext.ts";
import {
  KUBECONFIG,
  LOCAL_CLUSTER,
  NO_LAST_RUN,
  ROOT_CERTIFICATE,
  contractOf,
  validConfig,
} from "../samples.ts";
import { signed } from "../signers.ts";

const HOST = "contracts.a.example";
const PUBLISH = { host: HOST, credentialName: "contracts" };

const config = (publish: object = PUBLISH) =>
  validConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, publish }, "cluster-a");

function servicesOf(number: number): Record<string, ContractService> {
  const service = (index: number): ContractService => ({
    ports: [{ number: 8080, name: "http", protocol: "HTTP" }],
    subjectAltNames: [`spiffe://cluster-a.local/ns/abc/sa/service-${index}`],
  });
  return Object.fromEntries(
    Array.from({ length: number }, (_, index) => [
      `service-${index}.abc.svc.cluster-a.local`,
      service(index),
    ]),
  );
}

/** The contract as a document. */
function contractDocument(contract: object) {
  const [document] = servedDocuments({
    contract: { rootCertificates: [], ...contract },
    identity: undefined,
    readers: [],
  });
  return document!;
}

/** A Secret with this certificate, whose key is its own. */
function secretOf(certificates: string | undefined): ServerSecret {
  return { certificates, isPair: certificates === undefined ? undefined : true, authority: undefined };
}

/** A Secret with a certificate for these names. */
async function secretFor(host: string, dates: { notBefore?: Date; notAfter?: Date } = {}) {
  const names = [{ type: "dns" as const, value: host }];
  const { pem } = await TestAuthority.root("CN=server", {
    names,
    isCa: false,
    notBefore: new Date("2026-01-01"),
    notAfter: new Date("2027-06-01"),
    ...dates,
  });
  return secretOf(pem);
}

function check(publishSecret: Reading<ServerSecret | undefined>, services = servicesOf(1)) {
  const snapshot = { cluster: { publishSecret } };
  return runPart(config(), { snapshot }, (context) => {
    checkPublication(context, planPublication(context, {}), { services, imports: {} }, []);
  }).warnings;
}

describe("A contract served from the cluster", () => {
  it("is refused where Istio would not serve its size, signature and roots included", () => {
    const trust = { rootCertificates: [ROOT_CERTIFICATE], signingKey: undefined };
    const fits = servicesOf(4_000);
    const { cluster, topology, singleMesh } = config();
    const contract = foldContract(
      toContract({ cluster, topology, singleMesh }, trust, [], { services: fits, imports: {} }),
    );
    assert.ok(Buffer.byteLength(contractDocument({ ...contract, [SIGNATURE]: "x" }).body) < DOCUMENT_LIMIT);
    check({ value: undefined }, fits);
    assert.throws(
      () => check({ value: undefined }, servicesOf(8_000)),
      /publish: cannot serve the contract, which has up to 1,[\d,]+ bytes with its signature: Istio serves at most 1,048,576/,
    );
  });

  it("is the output, byte by byte after canonicalization, with a valid signature", async () => {
    const contract = await signed(contractOf());
    const { body } = contractDocument(contract);
    assert.deepEqual(JSON.parse(body), contract);
    assert.equal(contractDocument(Object.fromEntries(Object.entries(contract).reverse())).body, body);
    assert.ok("digest" in (await verifySignature(JSON.parse(body))));
  });

  it("has one path of one host, and nobody else can add one", () => {
    const { servers } = publishGatewaySpec({ ...PUBLISH, bind: undefined });
    assert.deepEqual(servers, [
      {
        port: { number: 8443, name: "https", protocol: "HTTPS" },
        tls: { mode: "SIMPLE", credentialName: "contracts", minProtocolVersion: "TLSV1_2" },
        hosts: [`./${HOST}`],
      },
    ]);
    const { http, ...rest } = documentRoute(HOST, { ...contractDocument({}), body: "{}" });
    assert.deepEqual(rest, {
      hosts: [HOST],
      gateways: ["istio-publish/publishgateway"],
      exportTo: ["."],
    });
    assert.deepEqual(
      http.map(({ match, directResponse }) => ({ match, directResponse })),
      [
        {
          match: [{ uri: { exact: "/contract.json" }, method: { exact: "GET" } }],
          directResponse: { status: 200, body: { string: "{}" } },
        },
      ],
    );
  });
});

describe("The certificate of the gateway that serves a contract", () => {
  it("causes no warning where it is valid for the host", async () => {
    for (const name of [HOST, "*.a.example"]) assert.deepEqual(check({ value: await secretFor(name) }), []);
    assert.deepEqual(check({ unreachable: "nothing listens" }), []);
  });

  it("causes a warning otherwise", async () => {
    const other = await secretFor("b.example");
    const expired = await secretFor(HOST, { notAfter: new Date("2026-11-01") });
    const early = await secretFor(HOST, { notBefore: new Date("2026-12-24") });
    const soon = await secretFor(HOST, { notAfter: new Date(NOW.getTime() + 10.5 * 86_400_000) });
    const table: [ServerSecret | undefined, RegExp][] = [
      [undefined, /Secret istio-publish\/contracts is not there, .*kubectl create secret tls contracts/],
      [secretOf(undefined), /is no TLS Secret: it has neither tls.crt and tls.key, nor cert and key/],
      [secretOf("no PEM"), /has no certificate in PEM/],
      [other, /has a certificate for other names \(DNS:b.example\)/],
      [expired, /has expired on 2026-11-01/],
      [early, /is not valid before 2026-12-24/],
      [soon, /expires on .*, in 10 day\(s\)/],
    ];
    for (const [secret, expected] of table) {
      const warnings = check({ value: secret });
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, expected);
    }
  });

  it("is not checked without the permission, with a warning", () => {
    const fault = { path: "kubeconfig.context", rule: "", remedy: "" };
    assert.match(
      check({ forbidden: "get secrets", fault }).join(),
      /may not get secrets, so it is not checked whether the gateway that serves the contract has/,
    );
  });
});

describe("The objects that serve a contract", () => {
  const publication = { ...PUBLISH, bind: undefined, gateway: OWN_GATEWAY, access: undefined };
  const last = { contract: contractOf(), policies: {}, aliases: {}, gateway: OWN_GATEWAY, publication };
  const federation = { revision: 1, rootCertificates: [] };
  const publish = publishDeclaration(planPublication({ config: config() }, {}), NO_LAST_RUN, {
    value: { federation },
  });
  const declared = {
    listeners: { hosts: [], terminated: [] },
    ...{ bind: undefined, gateway: OWN_GATEWAY, policies: [], aliases: [], isStrict: true, publish },
  };
  const own = (kind: "Gateway" | "VirtualService", spec: object, editors = {}): OwnObject => ({
    ...{ kind, namespace: "istio-publish", uid: "1", created: "", generation: 2, editors },
    name: kind === "Gateway" ? "publishgateway" : "contract",
    spec: { ...spec },
  });
  const gateway = publishGatewaySpec({ ...PUBLISH, bind: undefined });
  const routes = documentRoute(HOST, contractDocument({ revision: 1 }));
  const wider = { ...routes, http: [...routes.http, { route: [{ destination: { host: "admin" } }] }] };

  it("are not edited where they are as the last update left them, or as an interrupted one did", () => {
    const newer = documentRoute(HOST, contractDocument({ revision: 2 }));
    for (const objects of [
      [own("Gateway", gateway), own("VirtualService", routes)],
      [own("Gateway", gateway), own("VirtualService", newer)],
    ])
      assert.deepEqual(findEdited(objects, declared, last).warnings, []);
  });

  it("are edited where others open another path or host", () => {
    const open = { ...gateway, servers: [{ ...gateway.servers[0], hosts: ["*"] }] };
    const objects = [
      own("Gateway", open, { servers: ["argo"] }),
      own("VirtualService", wider, { http: ["argo"] }),
    ];
    const { edited, warnings } = findEdited(objects, declared, last);
    assert.deepEqual(warnings, [
      "Gateway istio-publish/publishgateway: spec.servers was edited by argo. `pulumi up` restores it.",
      "VirtualService istio-publish/contract: spec.http was edited by argo. `pulumi up` restores it.",
    ]);
    assert.deepEqual(
      edited.map(({ spec }) => spec),
      [gateway, routes].map((spec) => ({ ...spec })),
    );
  });

  it("are reported where somebody deleted them, and only where the last update served a contract", () => {
    const deleted = (before: typeof publication | undefined) =>
      findDeleted([], declared, { ...last, publication: before }).filter((line) =>
        line.includes("istio-publish"),
      );
    assert.equal(deleted(publication).length, 2);
    assert.deepEqual(deleted(undefined), []);
  });
});
