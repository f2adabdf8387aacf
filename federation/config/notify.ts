import * as z from "zod";
import { DNS_LABEL, OBJECT_NAME } from "../core/names.ts";
import { cleanText, pasted } from "../core/pasted.ts";
import {
  type Complaint,
  type TextRule,
  checked,
  fields,
  orUndefined,
  pattern,
  someText,
  text,
} from "../core/schema.ts";

const REPOSITORY: TextRule = pattern(
  /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/,
  140,
  "must be a GitHub repository: <owner>/<name>",
  "Write both, e.g. acme/clusters",
);

const VARIABLE: TextRule = pattern(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  128,
  "must be the name of an environment variable",
  "Write the variable's name; its value is read when the notification is sent, and stored nowhere",
);

const ADDRESS: TextRule = {
  test: (value) => {
    const url = URL.canParse(value) && !/\s/.test(value) ? new URL(value) : undefined;
    return url?.protocol === "https:" && url.username === "" && url.password === "" && url.hash === "";
  },
  rule: "must be an https:// address, without user, password and fragment",
  remedy: "Write https://<host>/<path>; what is secret goes into the variable of secretEnv",
  withoutValue: true,
};

const operatorStack = fields({
  namespace: text(DNS_LABEL).describe("Namespace of the Stack."),
  name: text(OBJECT_NAME).describe("Name of the Stack."),
  path: orUndefined(someText).meta({
    description: "Kubeconfig, relative to the program's folder or `~/...`.",
    defaultsTo: "`$KUBECONFIG`, else `~/.kube/config`, else the Pod's service account",
  }),
  context: orUndefined(someText).meta({
    description: "Context of the cluster in which the operator runs.",
    defaultsTo: "the current context, or the Pod's service account",
  }),
});

const target = checked(
  fields({
    operatorStack: orUndefined(operatorStack).meta({
      description: "Stack of the Pulumi Kubernetes Operator, which then runs at once.",
      defaultsTo: "`repository` or `url`",
    }),
    repository: orUndefined(pasted(cleanText, REPOSITORY)).meta({
      description: "GitHub repository whose workflows of `repository_dispatch` run.",
      defaultsTo: "`operatorStack` or `url`",
    }),
    tokenEnv: orUndefined(text(VARIABLE)).meta({
      description: "Environment variable with a token that may write the repository's contents.",
      defaultsTo: "`GITHUB_TOKEN`",
    }),
    api: orUndefined(pasted(cleanText, ADDRESS)).meta({
      description: "Address of the API, for GitHub Enterprise Server: `https://<host>/api/v3`.",
      defaultsTo: "`https://api.github.com`",
    }),
    url: orUndefined(pasted(cleanText, ADDRESS)).meta({
      description: "`https://` address that is sent the cluster, revision and digest by POST.",
      defaultsTo: "`operatorStack` or `repository`",
    }),
    secretEnv: orUndefined(text(VARIABLE)).meta({
      description: "Environment variable with the secret that signs what is sent to `url` (HMAC-SHA-256).",
      defaultsTo: "unsigned",
    }),
  }),
  (value): Complaint[] => {
    const kinds = KINDS.filter((kind) => value[kind] !== undefined);
    const [kind] = kinds;
    if (kinds.length !== 1 || kind === undefined)
      return [
        {
          rule: `must have exactly one of ${KINDS.map((each) => `'${each}'`).join(", ")}`,
          remedy: "Write one entry for each place that is notified",
        },
      ];
    return Object.entries(FIELDS_OF).flatMap(([field, of]) =>
      of === kind || value[field as keyof typeof FIELDS_OF] === undefined
        ? []
        : [{ path: [field], rule: `is for '${of}' alone`, remedy: "Remove it" }],
    );
  },
);

const KINDS = ["operatorStack", "repository", "url"] as const;

/** Fields of one kind of place each. */
const FIELDS_OF = { tokenEnv: "repository", api: "repository", secretEnv: "url" } as const;

/** A place that is told of each new contract. */
export type NotifyTarget = z.output<typeof target>;

/** The section `notify` of a cluster's stack and of a contract stack. */
export const notify = z
  .array(target.optional())
  .transform((targets) => targets.filter((each) => each !== undefined))
  .prefault([])
  .meta({
    description: "Places that are told once of each new contract, such as peers' stacks.",
    page: "continuous.md",
  });
