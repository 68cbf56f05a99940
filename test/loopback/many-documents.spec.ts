import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

/* Documents are worked on one after the other: a heap that could not hold them all together is enough. */

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const COUNT = 600;
const HEAP_MIB = 64;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-many-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** What a small heap makes of a file. */
async function withSmallHeap(text: string, name: string, ...command: string[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  const { stdout } = await run(
    process.execPath,
    [`--max-old-space-size=${HEAP_MIB}`, MAIN, ...command, "-f", file],
    // so that nothing of whoever runs the tests counts, neither settings nor a heap of another size
    { env: { PATH: process.env["PATH"] }, maxBuffer: 256 * 1024 * 1024, timeout: 240_000 },
  );
  return stdout;
}

function deployment(index: number): string {
  const name = `web-${index}`;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name} # the same as above
    spec:
      containers:
        - name: app
          image: example.com/web:${index}
          ports:
            - containerPort: 8080
`;
}

function occurrences(text: string, part: RegExp): number {
  return text.match(part)?.length ?? 0;
}

test.each([
  ["YAML", "many.yaml", Array.from({ length: COUNT }, (_entry, index) => deployment(index)).join("---\n")],
  [
    "JSON",
    "many.json",
    Array.from({ length: COUNT }, (_entry, index) => `${JSON.stringify(pod(index), null, 2)}\n`).join(""),
  ],
])(
  "hundreds of %s documents are injected, and uninjected again, with a small heap",
  {
    timeout: 500_000,
  },
  async (_format, name, text) => {
    const injected = await withSmallHeap(text, name, "inject", "--mesh-name", "m");
    expect(occurrences(injected, /"?outrigger\.dev\/injected"?: /g)).toBe(COUNT);
    expect(occurrences(injected, /^---$/gm)).toBe(occurrences(text, /^---$/gm));
    expect((await withSmallHeap(injected, name, "uninject")) === text).toBe(true);
  },
);

function pod(index: number) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `web-${index}`, labels: { app: "web" }, annotations: { a: "b" } },
    spec: {
      containers: [{ name: "app", image: `example.com/web:${index}` }],
      initContainers: [init()],
      volumes: [{ name: "data", emptyDir: {} }],
    },
  };
}

function init() {
  return { name: "prepare", image: "example.com/prepare:1" };
}
