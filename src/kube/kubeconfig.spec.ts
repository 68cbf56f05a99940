import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { member, objectsOf } from "../model/json.ts";
import { loadedKubeconfig, readKubeconfig } from "./kubeconfig.ts";

// What is expected here is what kubectl's `config view --raw` and `get` say of the same files.

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-kubeconfig-"));
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "a.yaml"), A);
  await writeFile(join(folder, "sub/b.yaml"), B);
  await writeFile(join(folder, "empty.yaml"), "");
});
afterEach(() => rm(folder, { recursive: true }));

const A = `
contexts: [{name: x, context: {cluster: c, user: u, namespace: shop}}]
clusters: [{name: c, cluster: {server: "https://a:1", certificate-authority: ca-a.crt}}]
users: [{name: u, user: {token: from-a}}]
`;
const B = `
current-context: x
contexts: [{name: x, context: {cluster: c2, user: u}}, {name: z, context: {cluster: c2, user: u2}}]
clusters:
- {name: c, cluster: {server: "https://b:1", tls-server-name: only-in-b}}
- {name: c2, cluster: {server: "https://b:2", certificate-authority: /etc/ca.crt}}
users:
- {name: u, user: {username: user-b, password: pw}}
- name: u2
  user:
    client-certificate: c.crt
    client-key: ../k.key
    tokenFile: token
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/plugin}
- {name: u3, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: plugin}}}
`;

const listed = (...files: string[]) => files.map((file) => (file === "" ? "" : join(folder, file))).join(":");

async function entry(list: string, name: string, KUBECONFIG: string) {
  const { config } = await readKubeconfig("", { KUBECONFIG });
  return objectsOf(config?.[list]).filter((one) => one["name"] === name);
}

describe("a list in KUBECONFIG", () => {
  test("skips what is missing, empty or named twice, and the first file gives the whole entry", async () => {
    const list = listed("missing.yaml", "a.yaml", "", "sub/b.yaml", "empty.yaml", "a.yaml");
    expect(await entry("clusters", "c", list)).toEqual([
      { name: "c", cluster: { server: "https://a:1", "certificate-authority": join(folder, "ca-a.crt") } },
    ]);
    expect(await entry("users", "u", list)).toEqual([{ name: "u", user: { token: "from-a" } }]);
    const read = await readKubeconfig("", { KUBECONFIG: list });
    expect(read.config?.["current-context"]).toBe("x");
    const loaded = await loadedKubeconfig(read, "");
    expect(loaded.getContextObject("x")).toMatchObject({ cluster: "c", namespace: "shop" });
    expect(loaded.getCurrentCluster()?.server).toBe("https://a:1");
  });

  test("of which nothing is there says nothing; the home folder is not looked at", async () => {
    await mkdir(join(folder, ".kube"));
    await writeFile(join(folder, ".kube/config"), A);
    const missing = await readKubeconfig("", { KUBECONFIG: listed("missing.yaml"), HOME: folder });
    expect(missing).toEqual({ config: undefined, looked: [join(folder, "missing.yaml")] });
    expect((await readKubeconfig("", { KUBECONFIG: ":", HOME: folder })).config).toBeUndefined();
    expect((await readKubeconfig("", { KUBECONFIG: "", HOME: folder })).config).toBeDefined();
  });

  test.each([
    ["that is no YAML", "bad.yaml", "bad.yaml cannot be used"],
    ["that is a folder", "sub", "it is a folder"],
  ])("with a file %s is refused", async (_what, file, message) => {
    await writeFile(join(folder, "bad.yaml"), "a: [");
    const reading = readKubeconfig("", { KUBECONFIG: listed(file, "a.yaml") });
    await expect(reading).rejects.toMatchObject({ code: "no-cluster", message: expect.stringContaining(message) });
  });
});

test("relative paths belong to the folder of their own file, and a bare program to PATH", async () => {
  const list = listed("a.yaml", "sub/b.yaml");
  const [user] = await entry("users", "u2", list);
  expect(member(user, "user")).toMatchObject({
    "client-certificate": join(folder, "sub/c.crt"),
    "client-key": join(folder, "k.key"),
    tokenFile: join(folder, "sub/token"),
    exec: { command: join(folder, "sub/bin/plugin") },
  });
  expect((await entry("users", "u3", list))[0]).toMatchObject({ user: { exec: { command: "plugin" } } });
  expect((await entry("clusters", "c2", list))[0]).toMatchObject({
    cluster: { "certificate-authority": "/etc/ca.crt" },
  });
});

test("a file that is given by itself must be there, is no list, and is the only one that counts", async () => {
  const environment = { KUBECONFIG: join(folder, "a.yaml") };
  await expect(readKubeconfig(listed("a.yaml", "sub/b.yaml"), environment)).rejects.toThrow("it does not exist");
  const { config } = await readKubeconfig(join(folder, "sub/b.yaml"), environment);
  expect(objectsOf(config?.["users"])[0]).toMatchObject({ user: { username: "user-b" } });
});

test("another context than the current one is taken, and one that is not there is refused with those that are", async () => {
  const read = await readKubeconfig(join(folder, "sub/b.yaml"), {});
  expect((await loadedKubeconfig(read, "z")).getCurrentUser()?.name).toBe("u2");
  await expect(loadedKubeconfig(read, "nope")).rejects.toThrow("there is no context nope: expected one of x, z");
});

test("a token file is read for every call, before a token", async () => {
  const token = join(folder, "token");
  const user = { token: "old", tokenFile: "token" };
  await writeFile(
    join(folder, "t.yaml"),
    JSON.stringify({
      "current-context": "t",
      contexts: [{ name: "t", context: { cluster: "t", user: "t" } }],
      clusters: [{ name: "t", cluster: { server: "http://127.0.0.1:1" } }],
      users: [{ name: "t", user }],
    }),
  );
  const loaded = await loadedKubeconfig(await readKubeconfig(join(folder, "t.yaml"), {}), "");
  for (const written of ["first", "second"]) {
    await writeFile(token, `${written}\n`);
    const options: { headers?: object } = {};
    await loaded.applyToHTTPSOptions(options);
    expect(options.headers).toMatchObject({ Authorization: `Bearer ${written}` });
  }
});
