import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { kubectl, type Outcome, outcomeOf } from "../kubectl.ts";
import { TestNamespace } from "../sidecar/app-pod.ts";
import { podsOf } from "./pods-of.ts";
import { Terminal } from "./terminal.ts";

/* docs/mesh.md: its commands, word for word and one after the other, and what the page says about each. */

const ROOT = join(import.meta.dirname, "../../..");
const MAIN = join(ROOT, "src/cli/main.ts");
const PAGE = readFileSync(join(ROOT, "docs/mesh.md"), "utf8");
const SHOP = new TestNamespace("shop");
const PREPARE_MS = 300_000;
const CONVERGED = { timeout: 120_000 };

const blocks = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
let terminal: Terminal;

beforeAll(async () => {
  // other files leave theirs for the next
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
  terminal = new Terminal(ROOT);
  await terminal.type(`outrigger() { '${process.execPath}' '${MAIN}' "$@"; }`);
}, PREPARE_MS);

afterAll(async () => {
  terminal.close();
  // what a failed test left; nothing of it is there when all went well
  await outcomeOf("kubectl", ["delete", "namespace", "shop", "--ignore-not-found", "--wait=false"]);
  await outcomeOf("kubectl", ["delete", "meshes.appmesh.k8s.aws", "shop", "--ignore-not-found"]);
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
}, PREPARE_MS);

/** Types the page's next block of commands. */
function next(): Promise<Outcome> {
  return terminal.type(blocks.shift() ?? "false");
}

/** The same, where no command may fail. */
async function succeeding(): Promise<Outcome> {
  const outcome = await next();
  if (outcome.code !== 0) throw new Error(`exit code ${outcome.code}: ${outcome.stdout}${outcome.stderr}`);
  return outcome;
}

/** How many of a hundred visits each version answered. */
function counts({ stdout }: Outcome): { readonly v1: number; readonly v2: number } {
  const count = (version: string) => Number(new RegExp(`^ *(\\d+) ${version}$`, "m").exec(stdout)?.[1] ?? 0);
  return { v1: count("v1"), v2: count("v2") };
}

/** Visits until routes that were changed just now have come to the Envoy; nothing tells a person when that is either. */
async function visitsUntil(first: Outcome, asExpected: (v1: number) => boolean): Promise<void> {
  let outcome = first;
  await vi.waitFor(async () => {
    const { v1, v2 } = counts(outcome);
    outcome = await terminal.type("visits");
    expect(v1 + v2).toBe(100);
    expect(v1).toSatisfy(asExpected);
  }, CONVERGED);
}

test("the command installs", { timeout: PREPARE_MS }, async () => {
  const { stdout, stderr } = await succeeding();
  expect(stderr).toContain("a test pod came back with its sidecar");
  expect(stdout).toContain("Outrigger is installed.");
});

test("every pod of the app is 2/2 Running", { timeout: PREPARE_MS }, async () => {
  const { stdout } = await succeeding();
  for (const name of ["catalogue-v1", "catalogue-v2", "storefront"]) {
    expect(stdout).toMatch(new RegExp(`^${name}-\\w+-\\w+ +2/2 +Running +0 `, "m"));
  }
});

test("Kubernetes alone leads to both versions", async () => {
  const { v1, v2 } = counts(await succeeding());
  expect(v1 + v2).toBe(100);
  // five standard deviations
  expect(v1).toBeGreaterThan(25);
  expect(v1).toBeLessThan(75);
});

test("the mesh leads nine of ten to the first version, half of them after a change, and then none", {
  timeout: 2 * PREPARE_MS,
}, async () => {
  const before = await podsOf(SHOP);
  const applied = await succeeding();
  expect(applied.stdout).toContain("no problems");
  await visitsUntil(applied, (v1) => v1 > 75 && v1 < 100);
  await visitsUntil(await succeeding(), (v1) => v1 > 25 && v1 < 75);
  await visitsUntil(await succeeding(), (v1) => v1 === 0);
  expect(await podsOf(SHOP)).toEqual(before);
});

test("a name that nobody has is said as the page shows it", async () => {
  const { code, stdout } = await next();
  const shown = /^```\n(VirtualRouter [\s\S]*?)^```$/m.exec(PAGE)?.[1];
  expect(stdout).toContain(shown);
  expect(code).toBe(1);
});

test("nothing is left after the last commands, and the page has no more", { timeout: PREPARE_MS }, async () => {
  await succeeding();
  expect(await kubectl("get", "namespaces", "--output=name")).not.toMatch(/shop|appmesh/);
  expect(blocks).toEqual([]);
});
