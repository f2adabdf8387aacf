import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/** The house's order: a folder may import from itself and from those after it, never from one before it. */
const FOLDERS = ["components", "discovery", "providers", "kubernetes", "federation"];

const PURE = {
  group: ["@pulumi/*", "@kubernetes/*", "node:fs*", "node:http*", "node:child_process", "node:process"],
  message: "federation/ is pure: no Pulumi, no Kubernetes, no I/O",
};

const SLOW = {
  group: ["@kubernetes/*"],
  message: "half a second of CPU in each run; the program has kubernetes/, the lab and the tests use this",
};

/** Rules of one folder: what it may not import. */
function importsGoOneWay(folder, index) {
  const earlier = {
    group: [...FOLDERS.slice(0, index), "lab", "test"].map((other) => `**/${other}/**`),
    message: `imports go index.ts -> ${FOLDERS.join(" -> ")}`,
  };
  const patterns = folder === "federation" ? [earlier, PURE] : [earlier, SLOW];
  return { files: [`${folder}/**`], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

/** Folders of federation/ that each of them may import from, for more than types: a graph without cycles. */
const FEDERATION = {
  core: [],
  x509: ["core"],
  contract: ["core", "x509"],
  trust: ["core", "x509"],
  deckhouse: ["core", "x509", "contract", "trust"],
  existing: ["core", "x509", "exports"],
  exports: ["core", "contract"],
  access: ["contract", "core", "exports"],
  imports: ["core", "contract", "exports", "trust", "deckhouse"],
  mesh: ["core", "x509", "contract", "trust", "imports"],
  authority: ["core", "x509", "trust"],
  topology: ["core", "trust", "exports", "imports", "mesh"],
  helm: ["core"],
  publish: ["core", "x509", "contract", "deckhouse"],
  review: ["core", "contract", "imports", "x509"],
  map: ["core", "contract", "imports", "trust", "x509"],
  traffic: ["core", "x509", "exports", "imports", "publish"],
  config: [
    "core",
    "helm",
    "x509",
    "exports",
    "access",
    "imports",
    "mesh",
    "authority",
    "topology",
    "deckhouse",
    "existing",
  ],
};

/** Rules of one folder of federation/. */
function importsInFederation([folder, others]) {
  const known = [folder, ...others];
  const forbidden = Object.keys(FEDERATION).filter((other) => !known.includes(other));
  const group = [...forbidden.map((other) => `../${other}/**`), "../plan.ts", "../lastRun.ts"];
  const message = `federation/${folder}/ imports from ${known.join(", ")} and federation/snapshot.ts; from others types only`;
  const patterns = [{ group, allowTypeImports: true, message }];
  return {
    files: [`federation/${folder}/**`],
    rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
  };
}

export default defineConfig(
  globalIgnores(["node_modules", ".lab"]),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // The Kubernetes client declares its plain JSON objects as classes; these two rules would forbid object literals.
      "@typescript-eslint/no-misused-spread": "off",
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      "no-duplicate-imports": ["error", { allowSeparateTypeImports: true }],
      "no-shadow": "error",
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", argsIgnorePattern: "^_" }],
      eqeqeq: "error",
    },
  },
  FOLDERS.map(importsGoOneWay),
  Object.entries(FEDERATION).map(importsInFederation),
  { files: ["federation/**"], rules: { "no-restricted-globals": ["error", "process", "fetch", "console"] } },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ["test/**"],
    rules: {
      "@typescript-eslint/no-floating-promises": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  prettier,
);
