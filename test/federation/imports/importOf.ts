import {
  type Import,
  formatImport,
  importFromJson,
  importToJson,
  plainImport,
} from "../../../federation/imports/import.ts";
import type { OutlierDetection } from "../../../federation/imports/outlierDetection.ts";

type Lines = Readonly<Record<string, string>>;

const LINE =
  /^(?<ports>.*?)(?: of (?<remoteHost>[^ ,]+))? as (?<ids>spiffe:\S+(?:, spiffe:\S+)*)(?<terminated> terminated)?(?: servedBy (?<servedBy>.*?))?(?: exportTo (?<exportTo>.*?))?(?: outlierDetection (?<outliers>.*?))?(?: localService (?<local>\S+))?$/;

/** The import that a test writes as its line: `8080/HTTP http as spiffe://b.local/ns/xyz/sa/bar exportTo shop`. */
export function importOf(line: string): Import {
  const found = LINE.exec(line)?.groups;
  if (found === undefined) throw new Error(`no line of an import: ${line}`);
  const { ports = "", ids = "", remoteHost, terminated, servedBy, exportTo, outliers, local } = found;
  return {
    ...plainImport({
      ports: ports.split(", ").map((port) => {
        const [number, protocol, name = ""] = port.split(/[/ ]/);
        return { number: Number(number), name, protocol: protocol as "HTTP" };
      }),
      subjectAltNames: ids.split(", "),
    }),
    remoteHost,
    terminated: terminated !== undefined,
    servedBy: (servedBy?.split(", ") ?? []).map((text) => {
      const [peer = "", weight] = text.split(" weight ");
      return { peer, weight: weight === undefined ? undefined : Number(weight) };
    }),
    exportTo: exportTo?.split(", ") ?? [],
    outlierDetection: outliers === undefined ? undefined : settingsOf(outliers),
    localService: local,
  };
}

function settingsOf(text: string): OutlierDetection {
  return Object.fromEntries(
    text.split(", ").map((part) => {
      const [field = "", value = ""] = part.split(" ");
      return [field, /[a-z]$/.test(value) ? value : Number(value)];
    }),
  );
}

/** The imports of these lines, by host. */
export function importsOf(lines: Lines): Record<string, Import> {
  return Object.fromEntries(Object.entries(lines).map(([host, line]) => [host, importOf(line)]));
}

/** Returns these services as inputs of `ImportedServices`. */
export function jsonOf(lines: Lines): Record<string, string> {
  return Object.fromEntries(
    Object.entries(lines).map(([host, line]) => [host, importToJson(importOf(line))]),
  );
}

/** Lines of such inputs, each marked with what a refresh found not to be as declared. */
export function linesOf(inputs: object): Record<string, string> {
  const { services, notAsDeclared } = inputs as { services: Lines; notAsDeclared: Lines };
  const hosts = new Set([...Object.keys(services), ...Object.keys(notAsDeclared)]);
  return Object.fromEntries(
    [...hosts].map((host) => {
      const [json, fields] = [services[host], notAsDeclared[host]];
      if (json === undefined) return [host, fields ?? ""];
      const mark = fields === undefined ? "" : ` (not as declared: ${fields})`;
      return [host, `${formatImport(importFromJson(json))}${mark}`];
    }),
  );
}
