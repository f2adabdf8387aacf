import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { exportedPorts } from "../../../federation/exports/ports.ts";

describe("The exported ports of a Service", () => {
  it("exclude UDP and SCTP, with a warning", () => {
    const { ports, warnings } = exportedPorts([
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "sig", port: 54, protocol: "SCTP" },
      { name: "udp-x", port: 55, protocol: "TCP" },
      { name: "dns-tcp", port: 53, protocol: "TCP" },
    ]);
    assert.deepEqual(ports, [{ number: 53, name: "dns-tcp", protocol: "TCP" }]);
    assert.deepEqual(
      warnings.map(({ path, rule }) => `${path} ${rule}`),
      [
        "ports.dns is UDP, so the port is not exported: the gateway carries TCP only",
        "ports.sig is SCTP, so the port is not exported: the gateway carries TCP only",
        "ports.udp-x is UDP by its name, so the port is not exported: the gateway carries TCP only",
      ],
    );
  });

  it("get a stable name when they have none", () => {
    for (const [port, name, protocol] of [
      [{ port: 9000 }, "tcp-9000", "TCP"],
      [{ name: "", port: 80, appProtocol: "http" }, "http-80", "HTTP"],
      [{ port: 65535, appProtocol: "grpc-web" }, "grpc-web-65535", "GRPC-WEB"],
    ] as const) {
      assert.deepEqual(exportedPorts([port]), {
        ports: [{ number: port.port, name, protocol }],
        sources: [port],
        warnings: [],
      });
    }
  });

  it("include the first of two in conflict, with a warning about the other", () => {
    const http = { name: "http", port: 8080 };
    for (const [other, kept] of [
      [{ name: "grpc", port: 8080 }, "8080 grpc"],
      [{ name: "http", port: 9090 }, "8080 http"],
    ] as const) {
      for (const order of [
        [http, other],
        [other, http],
      ]) {
        const { ports, warnings } = exportedPorts(order);
        assert.deepEqual(
          ports.map(({ number, name }) => `${number} ${name}`),
          [kept],
        );
        assert.match(
          warnings[0]?.rule ?? "",
          /^is not exported: port 8080 '\w+' has the same number or name$/,
        );
      }
    }
  });

  it("may share a number between TCP and UDP", () => {
    const { ports } = exportedPorts([
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53, protocol: "TCP" },
    ]);
    assert.deepEqual(ports, [{ number: 53, name: "dns-tcp", protocol: "TCP" }]);
  });
});
