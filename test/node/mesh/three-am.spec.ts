import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RELEASE } from "../../../src/release.ts";
import { type TestAuthority, testAuthority } from "../../envoy/authority.ts";
import { kubectl, outcomeOf } from "../kubectl.ts";
import { installed } from "../sidecar/installed.ts";
import { Terminal } from "./terminal.ts";
import { normalised, rewritten, type Step, sectionsOf, shown } from "./transcript.ts";

/*
 * docs/troubleshooting.md: a mesh of ten nodes is broken in twelve ways, one after the other. The page is the script: its commands are typed
 * word for word, and what they print must be what it shows. UPDATE_GOLDEN=1 writes what they print into the page.
 */

const ROOT = join(import.meta.dirname, "../../..");
const MAIN = join(ROOT, "src/cli/main.ts");
const FILE = join(ROOT, "docs/troubleshooting.md");
const PAGE = readFileSync(FILE, "utf8");
const NAMESPACES = ["store", "office"] as const;
const CONTROL_PLANE = ["deployment/outrigger-control-plane", "-n", "appmesh-system"] as const;
const PREPARE_MS = 300_000;
const SECTION_MS = 600_000;
const CONVERGED_MS = 120_000;
const AGAIN_MS = 250;

const outputs = new Map<Step, string>();
let terminal: Terminal;
let home: string;

beforeAll(async () => {
  await installed();
  await gone(); // of a run that was ended
  home = mkdtempSync(join(tmpdir(), "outrigger-three-am-"));
  symlinkSync(join(ROOT, "examples"), join(home, "examples"));
  await certificates(await testAuthority());
  terminal = new Terminal(home);
  await terminal.type(`outrigger() { '${process.execPath}' '${MAIN}' "$@"; }`);
  const { code, stderr } = await terminal.type(`
    kubectl apply -f examples/ten-nodes/mesh.yaml
    kubectl create secret generic store-ca -n store --from-file=ca.crt
    kubectl create secret tls payment-tls -n store --cert=payment.crt --key=payment.key
    kubectl wait --for=condition=VirtualGatewayActive virtualgateway/door -n store --timeout=150s
    kubectl apply -f examples/ten-nodes/app.yaml`);
  if (code !== 0) throw new Error(stderr);
  for (const namespace of NAMESPACES) {
    await kubectl("wait", "--for=condition=Available", "deployment", "--all", "-n", namespace, "--timeout=150s");
  }
}, PREPARE_MS);

afterAll(async () => {
  terminal.close();
  rmSync(home, { recursive: true });
  await gone();
  // what a failed test left away
  await kubectl("scale", ...CONTROL_PLANE, "--replicas=1");
  await kubectl("rollout", "status", ...CONTROL_PLANE, "--timeout=150s");
  if (process.env["UPDATE_GOLDEN"]) writeFileSync(FILE, rewritten(PAGE, outputs));
}, PREPARE_MS);

async function gone(): Promise<void> {
  await kubectl("delete", "namespace", ...NAMESPACES, "--ignore-not-found", "--timeout=150s");
  await kubectl("delete", "meshes.appmesh.k8s.aws", "store", "--ignore-not-found");
}

/** What an operator has at hand: the certificate of the authority, and of three certificates with their keys the one that is right. */
async function certificates({ pem, issue, issueEnded }: TestAuthority): Promise<void> {
  writeFileSync(join(home, "ca.crt"), pem);
  const name = { type: "dns", value: "payment.store.svc.cluster.local" } as const;
  const pairs = {
    payment: await issue(name),
    billing: await issue({ type: "dns", value: "billing.store.svc.cluster.local" }),
    expired: await issueEnded(name),
  };
  for (const [file, { cert, key }] of Object.entries(pairs)) {
    writeFileSync(join(home, `${file}.crt`), cert);
    writeFileSync(join(home, `${file}.key`), key);
  }
}

/** Types the command until it prints what the page waits for, and returns what the page is to show. */
async function typed({ command, until, lines }: Extract<Step, { kind: "shown" }>): Promise<string> {
  // a command that is under way is waited for: the next one is typed into the same terminal
  for (const end = Date.now() + CONVERGED_MS; ; await sleep(AGAIN_MS)) {
    const { stdout, stderr } = await terminal.type(command);
    const output = stdout + stderr;
    // what it printed at last is compared
    if ((until?.test(output) ?? true) || Date.now() > end) return shown(output, lines);
  }
}

test.each(sectionsOf(PAGE))("$title", { timeout: SECTION_MS }, async ({ steps }) => {
  const found: [string, string][] = [];
  for (const step of steps) {
    if (step.kind === "commands") {
      const { code, stdout, stderr } = await terminal.type(step.text);
      found.push([`${step.text}succeeds`, code === 0 ? `${step.text}succeeds` : stdout + stderr]);
    } else {
      const output = await typed(step);
      outputs.set(step, output);
      if (process.env["UPDATE_GOLDEN"] && (step.until?.test(output) ?? true)) continue;
      found.push([normalised(step.output, RELEASE), normalised(output, RELEASE)]);
    }
  }
  // at the end, so that a section that fails mends the mesh all the same
  expect(found.map(([, output]) => output)).toEqual(found.map(([page]) => page));
});

test("whatever was left at the end is what was there at the beginning", async () => {
  const { code, stdout } = await outcomeOf(process.execPath, [MAIN, "problems", "--mesh", "store"]);
  expect({ code, stdout }).toMatchObject({ code: 0 });
});
