import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAuthority } from "../pki/authority.ts";
import { validFor } from "../pki/key-pair.ts";
import { inCluster, kubeEndpoint } from "./endpoint.ts";
import { KUBE_LIMITS } from "./limits.ts";

const otherText = (current: string) => `
current-context: "${current}"
contexts: [{name: x, context: {cluster: c, namespace: shop}}]
clusters: [{name: c, cluster: {server: "https://other:6443", certificate-authority: missing.crt}}]
`;
const OTHER = otherText("x");

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "outrigger-test-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("in a cluster the pod's own token is sent", async () => {
  const { certificate } = await createAuthority("cluster", validFor(1, new Date()));
  await writeFile(join(directory, "ca.crt"), certificate);
  await writeFile(join(directory, "token"), "the-token\n");
  const { server, options } = await inCluster(new URL("https://10.0.0.1:443"), directory);
  expect(server.host).toBe("10.0.0.1");
  expect((await options()).headers).toEqual({ authorization: "Bearer the-token" });
});

test("in a cluster token and authority are read again, and a new authority takes new connections", async () => {
  const [former, next] = await Promise.all(["a", "b"].map((name) => createAuthority(name, validFor(1, new Date()))));
  let time = 0;
  await writeFile(join(directory, "ca.crt"), former?.certificate ?? "");
  await writeFile(join(directory, "token"), "first");
  const { options } = await inCluster(new URL("https://10.0.0.1:443"), directory, () => time);
  const before = await options();
  await writeFile(join(directory, "token"), "second");
  expect(await options()).toEqual(before);

  time = KUBE_LIMITS.tokenAge + 1;
  const renewed = await options();
  expect(renewed.headers).toEqual({ authorization: "Bearer second" });
  expect(renewed.agent).toBe(before.agent);

  await writeFile(join(directory, "ca.crt"), next?.certificate ?? "");
  time *= 2;
  const { agent } = await options();
  expect(agent).not.toBe(before.agent);
  expect((agent as Agent).options.ca).toBe(next?.certificate);
});

test("a kubeconfig's context gives server, trust and token", async () => {
  const path = join(directory, "config");
  const { certificate } = await createAuthority("cluster", validFor(1, new Date()));
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "c", user: "u" } }],
      clusters: [
        {
          name: "c",
          cluster: {
            server: "https://127.0.0.1:6443/behind",
            "certificate-authority-data": Buffer.from(certificate).toString("base64"),
          },
        },
      ],
      users: [{ name: "u", user: { token: "user-token" } }],
    }),
  );
  const { server, options } = await kubeEndpoint(path, {});
  expect(server.href).toBe("https://127.0.0.1:6443/behind");
  const { headers, ca } = await options();
  expect(headers).toMatchObject({ Authorization: "Bearer user-token" });
  expect(String(ca)).toBe(certificate);
});

test("in a pod with a kubeconfig of its own, that one counts, as for kubectl", async () => {
  const path = join(directory, "config");
  await writeFile(path, OTHER);
  const pod = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
  const { server, namespace } = await kubeEndpoint("", { ...pod, KUBECONFIG: `/missing:${path}` });
  expect(server.href).toBe("https://other:6443/");
  expect(namespace).toBe("shop");
});

test.each([
  ["whose context is not there", otherText("gone"), "the current context gone is not there: expected one of x"],
  ["without a current context", otherText(""), "choose one of x with kubectl config use-context NAME"],
])("a kubeconfig %s names those that are", async (_what, text, message) => {
  const path = join(directory, "config");
  await writeFile(path, text);
  await expect(kubeEndpoint("", { KUBECONFIG: path })).rejects.toThrow(message);
});

test("a certificate that is not there is said with the context that names it", async () => {
  const path = join(directory, "config");
  await writeFile(path, OTHER);
  const { options } = await kubeEndpoint(path, {});
  await expect(options()).rejects.toThrow(/the credentials of context x cannot be used: .*missing\.crt/);
});

test("where there is neither kubeconfig nor pod, the files that were looked for are named", async () => {
  await expect(kubeEndpoint("", { HOME: directory })).rejects.toThrow(`${directory}/.kube/config`);
});

test.each([
  ["that is not there", undefined, "no-such-name", "cannot be used"],
  ["without a context", "{}", "no-cluster", "has no current context"],
])("a kubeconfig %s says what to do", async (_what, text, code, message) => {
  const path = join(directory, "config");
  if (text !== undefined) await writeFile(path, text);
  const error = (await kubeEndpoint(path, {}).catch((refused: unknown) => refused)) as Error;
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  // only the webhook has this flag, and says so itself
  expect(error.message).not.toContain("--offline");
});
