import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Root of the repository. */
export const REPOSITORY = join(import.meta.dirname, "../..");

/** A Markdown page of the repository. */
export interface Page {
  /** Path from the repository's root. */
  path: string;
  /** Text without code blocks. */
  prose: string;
  /** YAML code blocks. */
  yaml: string[];
}

const CODE = /^([ ]*)```(\w*)\n(.*?)^\1```$/gms;

/** Reads all Markdown pages of the repository, sorted by path. */
export function readPages(): Page[] {
  const files = ["*.md", "docs/**/*.md"].flatMap((pattern) =>
    globSync(pattern, { cwd: REPOSITORY }).map((file) => join(REPOSITORY, file)),
  );
  return files.sort().map((file) => {
    const text = readFileSync(file, "utf8");
    const yaml = [...text.matchAll(CODE)].flatMap(([, indent = "", language, code = ""]) =>
      language === "yaml" ? [code.replaceAll(new RegExp(`^${indent}`, "gm"), "")] : [],
    );
    return { path: relative(REPOSITORY, file), prose: text.replaceAll(CODE, ""), yaml };
  });
}
