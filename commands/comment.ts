// `npm run comment -- <stack> <file>`: puts a plan into a pull request, as one comment of each stack that later runs replace.
import { readFile } from "node:fs/promises";
import { Command } from "commander";

/** Comments of one page; a pull request with more has its oldest first, where ours is. */
const PAGE = 100;

interface Comment {
  id: number;
  body?: string;
}

await new Command("comment")
  .description(
    "Writes a file as the comment of a stack in a pull request. Needs $GITHUB_TOKEN, $GITHUB_REPOSITORY and $PULL_REQUEST; $GITHUB_API_URL elsewhere than on github.com.",
  )
  .argument("<stack>", "name of the stack")
  .argument("<file>", "Markdown, as $ISTIO_FEDERATION_PLAN writes it")
  .action(async (stack: string, file: string) => {
    const mark = `<!-- istio-federation ${stack.replaceAll(/[^\w./-]/g, "_")} -->`;
    const body = `${mark}\n${await readFile(file, "utf8")}`;
    const issue = `/issues/${settingOf("PULL_REQUEST")}/comments`;
    const found = await findComment(issue, mark);
    if (found === undefined) await call("POST", issue, { body });
    else await call("PATCH", `/issues/comments/${found}`, { body });
  })
  .parseAsync();

async function findComment(issue: string, mark: string): Promise<number | undefined> {
  for (let page = 1; ; page++) {
    const comments = (await call("GET", `${issue}?per_page=${PAGE}&page=${page}`)) as Comment[];
    const own = comments.find(({ body = "" }) => body.startsWith(mark));
    if (own !== undefined || comments.length < PAGE) return own?.id;
  }
}

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const api = process.env["GITHUB_API_URL"] ?? "https://api.github.com";
  const response = await fetch(`${api}/repos/${settingOf("GITHUB_REPOSITORY")}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${settingOf("GITHUB_TOKEN")}`,
      "x-github-api-version": "2022-11-28",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${method} ${path} answers ${response.status}: does the token write pull requests?`);
  return response.json();
}

function settingOf(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === "") throw new Error(`$${variable} is not set`);
  return value;
}
