import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import prettier from "eslint-config-prettier";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** The house's order: a folder may import from itself and from those after it, never from one before it. */
const FOLDERS = ["components", "discovery", "providers", "federation"];
const importsGoOneWay = FOLDERS.map((folder, index) => ({
  target: `./${folder}`,
  from: [...FOLDERS.slice(0, index), "lab", "test"].map((earlier) => `./${earlier}`),
  message: "imports go index.ts -> components -> discovery -> providers -> federation",
}));

export default defineConfig(
  globalIgnores(["node_modules", ".lab"]),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "import-x": importX },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones: importsGoOneWay }],
      "import-x/no-cycle": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-shadow": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["federation/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@pulumi/*", "@kubernetes/*", "node:fs*", "node:http*", "node:child_process", "node:process"],
              message: "federation/ is pure: no Pulumi, no Kubernetes, no I/O",
            },
          ],
        },
      ],
      "no-restricted-globals": ["error", "process", "fetch", "console"],
    },
  },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ["test/**"],
    rules: { "@typescript-eslint/no-floating-promises": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
  prettier,
);
