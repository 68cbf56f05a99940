import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CHECKS } from "../../src/diagnose/checks/all-checks.ts";
import { outrigger } from "./command-line.ts";

/** What the API server answers, by path without its query; everything else is not found, a number is a refusal. */
let answers: Record<string, unknown>;
let server: Server;
let folder: string;

// what the commands load at their first call takes seconds on a busy machine, and is none of a test's time
beforeAll(async () => {
  await import("../../src/diagnose/diagnose.ts");
  await import("@kubernetes/client-node");
});

beforeEach(async () => {
  answers = { "/version": { gitVersion: "v1.36.3" } };
  server = createServer((request, response) => {
    const answer = answers[(request.url ?? "").split("?")[0] as string] ?? 404;
    const status = typeof answer === "number" ? answer : 200;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? answer : { kind: "Status", code: status, message: "no" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  folder = await mkdtemp(join(tmpdir(), "outrigger-check-"));
  await kubeconfig((server.address() as AddressInfo).port);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function kubeconfig(port: number): Promise<void> {
  const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user: {} }],
  };
  await writeFile(join(folder, "kubeconfig"), JSON.stringify(config));
}

const run = (...argv: string[]) => outrigger([...argv, "--kubeconfig", join(folder, "kubeconfig")]);

describe("exit codes", () => {
  test("of check: 1 when something failed, 0 when nothing did", async () => {
    expect((await run("check")).code).toBe(1);
    expect((await run("check", "--before-install")).code).toBe(0);
    answers["/version"] = { gitVersion: "v1.28.1" };
    const { code, stdout } = await run("check", "--before-install");
    expect(code).toBe(1);
    expect(stdout).toContain("upgrade the cluster to 1.30 or later");
  });

  test.each(["check", "status"])("of %s: 3 when there is no API server, and nothing is printed", async (command) => {
    // nobody listens there
    await kubeconfig(1);
    const { code, stdout, stderr } = await run(command);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("/version");
  });

  test("of status: 2 when it is asked for one namespace and for all", async () => {
    const { code, stderr } = await run("status", "-n", "shop", "-A");
    expect(code).toBe(2);
    expect(stderr).toContain("one namespace or all?");
  });
});

describe("of a cluster that refuses every read", () => {
  test("check and status say so and do not fail", async () => {
    const everything = new Proxy(answers, { get: (target, path) => (path === "/version" ? target["/version"] : 403) });
    answers = everything;
    const checked = await run("check", "--output", "json");
    expect(checked.stderr).toBe("");
    expect(JSON.parse(checked.stdout).summary).toMatchObject({ failed: 0 });
    const status = await run("status");
    expect(status.code).toBe(0);
    expect(status.stdout).toContain("note: you are not allowed to list namespaces");
  });
});

describe("on a terminal", () => {
  test("there are colours, and none elsewhere or against NO_COLOR", async () => {
    const argv = ["check", "--kubeconfig", join(folder, "kubeconfig")];
    expect((await outrigger(argv, { terminal: true })).stdout).toContain("\u001b[32m");
    expect((await outrigger(argv)).stdout).not.toContain("\u001b[");
    const environment = { NO_COLOR: "1" };
    expect((await outrigger(argv, { terminal: true, environment })).stdout).not.toContain("\u001b[");
  });
});

describe("check --explain", () => {
  test("has something to say about every check, and asks no cluster", async () => {
    for (const { id } of CHECKS) {
      const { code, stdout } = await outrigger(["check", "--explain", id]);
      expect({ code, length: stdout.length > 40 }).toEqual({ code: 0, length: true });
      expect(stdout).not.toMatch(/^#/m);
    }
  });

  test("names the checks where there is none of that name", async () => {
    const { code, stderr } = await outrigger(["check", "--explain", "round-tripp"]);
    expect(stderr).toContain("there is no check round-tripp: expected one of api-server, permissions,");
    expect(code).toBe(2);
  });
});
