import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CHECKOUT } from "../../../lab/environment.ts";

/** The examples of traffic objects. */
const EXAMPLES = join(CHECKOUT, "stacks/traffic");

/** Replacements in a text, by what is replaced everywhere. */
export type Replacements = Readonly<Record<string, string>>;

/** The examples' files in a folder of a test, with its addresses and edits. */
export class TrafficFiles {
  readonly folder: string;

  /** Copies the examples into a folder. @param replacements of addresses, in all files. */
  static async copy(folder: string, replacements: Replacements): Promise<TrafficFiles> {
    await cp(EXAMPLES, folder, { recursive: true });
    const files = new TrafficFiles(folder);
    for (const name of ["outside", "bank", "firewall", "ingress", "rollout", "store"])
      await files.edit(name, replacements);
    return files;
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The pattern of `traffic.files`. */
  get pattern(): string {
    return join(this.folder, "*.yaml");
  }

  /** Replaces texts in a file. */
  async edit(name: string, replacements: Replacements): Promise<void> {
    const path = join(this.folder, `${name}.yaml`);
    const text = await readFile(path, "utf8");
    const edited = Object.entries(replacements).reduce((now, [from, to]) => now.replaceAll(from, to), text);
    await writeFile(path, edited);
  }

  /** Copies a file, with replacements in the copy. */
  async duplicate(name: string, copy: string, replacements: Replacements): Promise<void> {
    await cp(join(this.folder, `${name}.yaml`), join(this.folder, `${copy}.yaml`));
    await this.edit(copy, replacements);
  }

  /** Writes a file as the example has it. */
  async restore(name: string): Promise<void> {
    await cp(join(EXAMPLES, `${name}.yaml`), join(this.folder, `${name}.yaml`));
  }
}
