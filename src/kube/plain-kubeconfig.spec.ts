import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../model/json.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { plainKubeconfig } from "./plain-kubeconfig.ts";

async function plainFile(file: string, context: string) {
  return plainKubeconfig((await readKubeconfig(file, {})).config ?? {}, context);
}

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "outrigger-test-"));
  path = join(directory, "config");
});
afterEach(() => rm(directory, { recursive: true }));

const SERVER = { server: "https://127.0.0.1:6443/behind" };
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function kubeconfig(cluster: JsonObject, user: JsonObject): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [
      { name: "other", context: { cluster: "other", user: "other" } },
      { name: "test", context: { cluster: "c", user: "u", namespace: "shop" } },
    ],
    clusters: [
      { name: "other", cluster: { server: "https://other.example" } },
      { name: "c", cluster: { ...SERVER, ...cluster } },
    ],
    users: [
      { name: "other", user: { token: "other" } },
      { name: "u", user },
    ],
  };
}

describe("is read as the library reads it:", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["a token", {}, { token: "user-token" }],
    [
      "certificates inside",
      { "certificate-authority-data": base64("ca") },
      { "client-certificate-data": base64("cert"), "client-key-data": base64("key") },
    ],
    [
      "certificates in files beside it",
      { "certificate-authority": "ca.pem" },
      { "client-certificate": "cert.pem", "client-key": "key.pem" },
    ],
    ["a server that is called otherwise", { "tls-server-name": "kubernetes" }, { token: "t" }],
    ["a server that is not verified", { "insecure-skip-tls-verify": true }, { token: "t" }],
    ["nobody's name", {}, {}],
  ])("%s", async (_, cluster, user) => {
    for (const file of ["ca", "cert", "key"]) await writeFile(join(directory, `${file}.pem`), file);
    await writeFile(path, JSON.stringify(kubeconfig(cluster, user)));
    const library = new KubeConfig();
    library.loadFromFile(path);
    const expected: Record<string, unknown> = {};
    await library.applyToHTTPSOptions(expected);
    const { agent: _agent, ...options } = expected;
    const plain = await plainFile(path, "");
    expect(plain?.server.href).toBe(SERVER.server);
    expect(texts(plain?.options)).toEqual(texts(options));
  });

  test("another context by its name", async () => {
    await writeFile(path, JSON.stringify(kubeconfig({}, { token: "t" })));
    expect((await plainFile(path, "other"))?.server.host).toBe("other.example");
    expect((await plainFile(path, "other"))?.options.headers).toEqual({ Authorization: "Bearer other" });
  });

  test("YAML", async () => {
    const yaml = [
      "current-context: one",
      "contexts: [{name: one, context: {cluster: c, user: u}}]",
      "clusters: [{name: c, cluster: {server: https://one.example}}]",
      "users: [{name: u, user: {token: t}}]",
    ];
    await writeFile(path, yaml.join("\n"));
    expect((await plainFile(path, ""))?.server.host).toBe("one.example");
  });
});

describe("is left to the library:", () => {
  test.each<[string, JsonObject]>([
    ["a program that gives tokens", kubeconfig({}, { exec: { command: "aws" } })],
    ["a token in a file, which changes", kubeconfig({}, { tokenFile: "/token" })],
    ["somebody else's name", kubeconfig({}, { token: "t", as: "somebody" })],
    ["a password", kubeconfig({}, { username: "u", password: "p" })],
    ["a proxy", kubeconfig({ "proxy-url": "http://proxy" }, { token: "t" })],
    ["a file that is not there", kubeconfig({ "certificate-authority": "nowhere.pem" }, { token: "t" })],
    ["a key both inside and in a file", kubeconfig({}, { "client-key": "key.pem", "client-key-data": "" })],
    ["a server that is none", kubeconfig({ server: "nowhere" }, { token: "t" })],
    ["a user that is not there", { ...kubeconfig({}, {}), users: [] }],
    ["no context", { ...kubeconfig({}, {}), "current-context": "" }],
    ["nothing", {}],
  ])("%s", async (_, config) => {
    await writeFile(path, JSON.stringify(config));
    expect(await plainFile(path, "")).toBeUndefined();
  });
});

function texts(options: object | undefined): object {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.isBuffer(value) ? String(value) : value]));
}
