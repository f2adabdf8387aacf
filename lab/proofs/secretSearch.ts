import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Form, MARKS, formsOfKey, formsOfText } from "./secretForms.ts";

/** Secrets that exist, each with a name to call it. */
export interface Secrets {
  /** Private keys, PEM, to their names. */
  readonly keys?: ReadonlyMap<string, string>;
  /** Others, such as tokens, to their names. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** Looks for secrets where none may be. What it finds is told by place and form, never quoted. */
export class SecretSearch {
  private readonly forms: readonly Form[];

  /** @param secrets to look for beside what looks like one. */
  constructor({ keys = new Map(), texts = new Map() }: Secrets = {}) {
    this.forms = [
      ...MARKS,
      ...[...keys].flatMap(([pem, label]) => formsOfKey(label, pem)),
      ...[...texts].flatMap(([text, label]) => formsOfText(label, text)),
    ];
  }

  /** @param where names the text. @returns what is in it, each once per line as `<where>:<line>: <form>`. */
  inText(where: string, text: string): string[] {
    const found = this.forms.filter(({ pattern }) => isIn(text, pattern));
    if (found.length === 0) return [];
    const findings = text
      .split("\n")
      .flatMap((line, index) =>
        found
          .filter(({ pattern }) => isIn(line, pattern))
          .map(({ name }) => `${where}:${index + 1}: ${name}`),
      );
    return [...new Set(findings)];
  }

  /**
   * Reads whole folders; links are not followed.
   * @throws Error when a folder holds no file: then nothing was searched.
   */
  async inFolders(...folders: readonly string[]): Promise<string[]> {
    const findings: string[] = [];
    for (const folder of folders) {
      const files = await filesBelow(folder);
      if (files.length === 0) throw new Error(`there is nothing to search in ${folder}`);
      for (const file of files) findings.push(...this.inText(file, await readFile(file, "latin1")));
    }
    return findings;
  }
}

/** @throws Error that lists what was found; its lines hold no secret. */
export function expectNoSecrets(findings: readonly string[]): void {
  if (findings.length > 0) throw new Error(["secrets in clear:", ...findings].join("\n  "));
}

function isIn(text: string, pattern: string | RegExp): boolean {
  return typeof pattern === "string" ? text.includes(pattern) : pattern.test(text);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}
