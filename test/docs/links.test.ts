import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { REPOSITORY, readPages } from "./pages.ts";

const LINK = /\[(?:[^\]]*)\]\(([^)\s]+)\)/g;
const LONGEST_CELL = 100;

/** Anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(LINK, (link) => link.slice(1, link.indexOf("]")))
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
    .replaceAll(" ", "-");
}

describe("Pages of the docs", () => {
  const pages = readPages();
  const anchors = new Map(
    pages.map(({ path, prose }) => [
      path,
      [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading)),
    ]),
  );

  it("link to files and headings that exist", () => {
    const broken = pages.flatMap(({ path, prose }) =>
      [...prose.matchAll(LINK)]
        .map(([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [file = "", anchor] = target.split("#");
          const linked = file === "" ? path : normalize(join(dirname(path), file));
          if (!existsSync(join(REPOSITORY, linked))) return true;
          return anchor !== undefined && anchors.get(linked)?.includes(anchor) !== true;
        })
        .map((target) => `${path}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it("name files of the program that exist", () => {
    const missing = pages.flatMap(({ path, prose }) =>
      [...prose.matchAll(/`((?:components|discovery|federation|kubernetes|lab|providers|test)\/[\w/.-]+)`/g)]
        .filter(([, file = ""]) => !existsSync(join(REPOSITORY, file)))
        .map(([, file = ""]) => `${path}: ${file}`),
    );
    assert.deepEqual(missing, []);
  });

  it("exist where code, messages and stack files point to them", () => {
    const files = globSync(
      "{*.yaml,{components,discovery,federation,kubernetes,lab,providers,stacks}/**/*.{ts,yaml}}",
      {
        cwd: REPOSITORY,
      },
    );
    const missing = files.flatMap((file) =>
      [...readFileSync(join(REPOSITORY, file), "utf8").matchAll(/\bdocs\/[\w/.-]+\.md/g)]
        .filter(([page]) => !existsSync(join(REPOSITORY, page)))
        .map(([page]) => `${file}: ${page}`),
    );
    assert.deepEqual(missing, []);
  });

  it("are each linked from another page", () => {
    const linked = new Set(
      pages.flatMap(({ path, prose }) =>
        [...prose.matchAll(LINK)]
          .map(([, target = ""]) => normalize(join(dirname(path), target.replace(/#.*/, ""))))
          .filter((target) => target !== path),
      ),
    );
    const orphans = pages.map(({ path }) => path).filter((path) => path !== "README.md" && !linked.has(path));
    assert.deepEqual(orphans, []);
  });

  it("have table cells that fit a line", () => {
    const long = pages.flatMap(({ path, prose }) =>
      prose
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .flatMap((line) => line.slice(1, -1).split(" | "))
        .map((cell) => cell.trim().replaceAll(LINK, (link) => link.slice(0, link.indexOf("]"))))
        .filter((cell) => cell.length > LONGEST_CELL && !/^-+$/.test(cell))
        .map((cell) => `${path}: ${cell}`),
    );
    assert.deepEqual(long, []);
  });
});
