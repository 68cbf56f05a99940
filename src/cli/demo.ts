import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Configuration } from "../config/schema.ts";
import { applyToText } from "../manifest/apply-text.ts";
import { packageFile } from "../package-file.ts";
import { authorityFile } from "./authority-file.ts";
import { painter } from "./colors.ts";
import { admissionReview, askWebhook } from "./demo-review.ts";
import { EXIT, type ExitCode } from "./exit.ts";

import { decisionOf, explanationText } from "./explanation.ts";
import { decideWorkload } from "./inject-workload.ts";
import { readInput } from "./inputs.ts";
import { type Io, say } from "./io.ts";
import { lineDiff } from "./line-diff.ts";
import { documentsOf, parseInput, surroundingObjects } from "./parsed-input.ts";

/** A webhook on a port of this machine. */
export interface LoopbackWebhook {
  readonly port: number;
  /** PEM of the authority of its certificate. */
  readonly authority: string;
  close(): Promise<void>;
}

export interface DemoOptions {
  readonly io: Io;
  readonly release: string;
  readonly configuration: Configuration;
  readonly startLoopbackWebhook: (configuration: Configuration, release: string) => Promise<LoopbackWebhook>;
  /** Aborted when the person has seen enough. */
  readonly interrupted: AbortSignal;
}

const EXAMPLE = packageFile("examples/nginx.yaml");

/**
 * Sends the example's pod to a webhook of its own over HTTPS and shows what came back: the rules, and the pod before
 * and after. On a terminal the webhook goes on until interrupted.
 */
export async function demo(options: DemoOptions): Promise<ExitCode> {
  const { io, interrupted } = options;
  const webhook = await options.startLoopbackWebhook(options.configuration, options.release);
  try {
    const shown = await show(webhook, options);
    if (shown !== EXIT.done || io.stdout.isTTY !== true) return shown;
    await serveOn(webhook, io, interrupted);
    return EXIT.done;
  } finally {
    await webhook.close();
  }
}

async function show(webhook: LoopbackWebhook, { io, release, configuration }: DemoOptions): Promise<ExitCode> {
  const { input, part, workload } = await exampleWorkload();
  const url = `https://127.0.0.1:${webhook.port}/`;
  const started = performance.now();
  const answer = await askWebhook(url, webhook.authority, admissionReview(workload.json));
  const took = (performance.now() - started).toFixed(1);

  const paint = painter(io, io.stdout);
  const print = (text: string): void => void io.stdout.write(`${text}\n`);
  print(`${paint("bold", "The webhook")} listens on ${url} with a certificate of its own.`);
  print(`It was sent the pod of examples/nginx.yaml as an AdmissionReview and answered in ${took} ms.\n`);
  const assumptions = {
    namespace: "default",
    namespaceLabel: { kind: "enabled-unless-found" },
    owner: undefined,
    trust: { kind: "later" },
  } as const;
  const decision = decideWorkload(workload, {
    objects: surroundingObjects([input]),
    assumptions,
    configuration,
    release,
  });
  const { kind, name, namespace = "default" } = workload;
  print(
    explanationText(
      { where: "examples/nginx.yaml", kind, name, namespace, ...decisionOf(decision), evidence: [] },
      paint,
    ),
  );
  if (!answer.allowed) {
    say(io, `the webhook refused the pod: ${answer.message}`);
    return EXIT.refused;
  }

  const after = applyToText(part.manifest, [{ document: part.document, operations: answer.patch }]).text;
  const [start] = part.document.root.range;
  const diff = lineDiff(part.manifest.text.slice(start), after.slice(start));
  print(paint("bold", "The pod before and after (+ is what was put in; long lines are cut):"));
  const width = Math.max(40, (io.stdout.columns ?? 120) - 2);
  for (const { mark, text } of diff) {
    const line = `${mark} ${text.length > width ? `${text.slice(0, width - 1)}…` : text}`;
    print(mark === "+" ? paint("green", line) : mark === "-" ? paint("red", line) : line);
  }
  print(`\n${paint("bold", "Try your own file:")}`);
  // npm sets it for `npm start` and for npx: there the program is in no folder of PATH
  const program = io.environment.npm_execpath === undefined ? "outrigger" : "npx outrigger";
  print(`  ${program} inject -f my-deployment.yaml --mesh-name my-mesh`);
  print(`  ${program} explain -f my-deployment.yaml --mesh-name my-mesh`);
  return EXIT.done;
}

async function exampleWorkload() {
  const input = parseInput(await readInput(fileURLToPath(EXAMPLE)));
  const part = [...documentsOf(input)].find(({ workloads }) => workloads.length > 0);
  const workload = part?.workloads[0];
  if (part === undefined || workload === undefined) throw new Error(`${EXAMPLE.pathname} holds no pod`);
  return { input, part, workload };
}

async function serveOn(webhook: LoopbackWebhook, io: Io, interrupted: AbortSignal): Promise<void> {
  const authority = authorityFile("demo", webhook.authority);
  // beside the certificate, and gone with it
  const review = join(dirname(authority.path), "review.json");
  writeFileSync(review, JSON.stringify(admissionReview((await exampleWorkload()).workload.json), null, 2));
  try {
    const curl = `curl --cacert ${authority.path} -H 'content-type: application/json' --data @${review}`;
    io.stdout.write(`\nStill serving; send it that review, or one of your own, or stop it with Ctrl-C:\n`);
    io.stdout.write(`  ${curl} https://127.0.0.1:${webhook.port}/\n`);
    await new Promise<void>((resolve) => {
      if (interrupted.aborted) resolve();
      interrupted.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    authority.remove();
  }
}
