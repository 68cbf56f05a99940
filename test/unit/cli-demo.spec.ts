import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demo } from "../../src/cli/demo.ts";
import { admissionReview, askWebhook } from "../../src/cli/demo-review.ts";
import { lineDiff } from "../../src/cli/line-diff.ts";
import { configuration } from "../../src/config/schema.ts";
import { inject, type JsonObject } from "../../src/index.ts";
import { parseManifest } from "../../src/manifest/parse.ts";
import { RELEASE } from "../../src/release.ts";
import { type RunningWebhook, startWebhook } from "../../src/webhook/start-webhook.ts";
import { outrigger } from "./command-line.ts";

const settings = configuration({
  meshName: "my-mesh",
  webhook: { listen: "127.0.0.1:0", metricsListen: "127.0.0.1:0", offline: true },
  log: { level: "silent" },
});
const NGINX = readFileSync(join(import.meta.dirname, "../../examples/nginx.yaml"), "utf8");

describe("demo", () => {
  test("shows rules and the pod before and after, and ends by itself without a terminal", async () => {
    const { code, stdout, stderr } = await outrigger(["demo"], { environment: {} });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("=> inject (injected)");
    expect(stdout).toMatch(/^ {4}- name: nginx$/m);
    expect(stdout).toMatch(/^\+ {3}- name: envoy$/m);
    expect(stdout).not.toMatch(/^-/m);
    expect(stdout).toContain("\n  outrigger inject -f my-deployment.yaml");
  });
});

test("demo names npx where npm started it, because then no folder of PATH has the program", async () => {
  const { stdout } = await outrigger(["demo"], { environment: { npm_execpath: "/usr/lib/npm-cli.js" } });
  expect(stdout).toContain("\n  npx outrigger explain -f my-deployment.yaml");
});

describe("demo on a terminal", () => {
  test("goes on serving until it is interrupted, and leaves nothing behind", async () => {
    const interrupted = new AbortController();
    const closed: string[] = [];
    let said = "";
    const stdout = {
      isTTY: true,
      columns: 60,
      write(text: string) {
        said += text;
        if (!said.includes("--cacert")) return;
        closed.push("serving");
        const review = /--data @(\S+)/.exec(said)?.[1] ?? "";
        expect(JSON.parse(readFileSync(review, "utf8"))).toMatchObject({ kind: "AdmissionReview" });
        interrupted.abort();
      },
    };
    const io = { stdin: Readable.from([]), stdout, stderr: stdout, environment: { NO_COLOR: "1" } };
    const code = await demo({
      io,
      release: RELEASE,
      configuration: settings,
      interrupted: interrupted.signal,
      async startLoopbackWebhook(configured, release) {
        const running = await startWebhook({ configuration: configured, release }, new AbortController().signal);
        return {
          port: running.address.port,
          authority: running.authority ?? "",
          async close() {
            closed.push("closed");
            await running.close("drain");
          },
        };
      },
    });
    expect(code).toBe(0);
    expect(closed).toEqual(["serving", "closed"]);
    expect(said.split("\n").filter((line) => line.startsWith("+") && line.length > 60)).toEqual([]);
    const authority = /--cacert (\S+)/.exec(said)?.[1] ?? "";
    expect(authority).not.toBe("");
    expect(existsSync(dirname(authority))).toBe(false);
  });
});

describe("webhook, command line and library give the same bytes", () => {
  let webhook: RunningWebhook;
  beforeAll(async () => {
    webhook = await startWebhook({ configuration: settings, release: RELEASE }, new AbortController().signal);
  });
  afterAll(() => webhook.close("drain"));

  const nginx = parseManifest(NGINX).documents[1]?.json as JsonObject;
  const pods: readonly (readonly [string, JsonObject])[] = [
    ["the walkthrough's pod", nginx],
    [
      "a pod with a probe and limits",
      withContainer({
        readinessProbe: { httpGet: { path: "/h", port: 80 } },
        resources: { limits: { cpu: "1", memory: "1Gi" } },
      }),
    ],
    ["a pod of a ReplicaSet that nobody can read", withOwner()],
  ];

  test.each(pods)("for %s", async (_name, pod) => {
    const url = `https://127.0.0.1:${webhook.address.port}/`;
    const { patch: asked } = await askWebhook(url, webhook.authority ?? "", admissionReview(pod));
    const { stdout } = await outrigger(["inject", "-f", "-", "-o", "patch"], { stdin: JSON.stringify(pod) });
    const called = inject({ pod, configuration: { meshName: "my-mesh" } }).patch;
    expect(asked.length).toBeGreaterThan(2);
    expect(stdout).toBe(`${JSON.stringify(asked)}\n`);
    expect(JSON.stringify(called)).toBe(JSON.stringify(asked));
  });

  function withContainer(more: JsonObject): JsonObject {
    return {
      ...nginx,
      spec: { containers: [{ name: "nginx", image: "nginx", ports: [{ containerPort: 80 }], ...more }] },
    };
  }

  function withOwner(): JsonObject {
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4", uid: "u", controller: true };
    return {
      ...nginx,
      metadata: {
        name: "web-5d4-x",
        namespace: "shop",
        labels: { "pod-template-hash": "5d4" },
        ownerReferences: [owner],
      },
    };
  }
});

describe("the difference of two texts", () => {
  test("names lines that came, went and stayed, in order", () => {
    const marked = lineDiff("a\nb\nc\n", "a\nx\nc\nd\n").map(({ mark, text }) => mark + text);
    expect(marked).toEqual([" a", "-b", "+x", " c", "+d"]);
  });

  test.each([
    ["equal", "a\nb\n", "a\nb\n", [" a", " b"]],
    ["all new", "", "a\n", ["-", "+a"]],
  ])("of %s texts", (_name, before, after, expected) => {
    expect(lineDiff(before, after).map(({ mark, text }) => mark + text)).toEqual(expected);
  });
});
