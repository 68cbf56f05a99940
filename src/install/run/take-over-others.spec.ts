import { expect, test } from "vitest";
import type { KubeClient, KubeWrite } from "../../kube/client.ts";
import { MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS } from "../../kube/object-path.ts";
import type { JsonObject } from "../../model/json.ts";
import { INJECT_KEY } from "../../model/names.ts";
import { takenOver } from "./take-over.ts";
import { giveBackOthers, takeOverRegistrations } from "./take-over-others.ts";

const FOR_PODS = {
  name: "pods.example.com",
  rules: [{ apiGroups: [""], operations: ["CREATE"], resources: ["pods"] }],
  namespaceSelector: { matchLabels: { [INJECT_KEY]: "enabled" } },
} as const satisfies JsonObject;
const INJECTOR = { metadata: { name: "second-injector" }, webhooks: [FOR_PODS] } as const satisfies JsonObject;
const POLICY = { metadata: { name: "policy-engine" }, webhooks: [FOR_PODS] } as const satisfies JsonObject;
const VALIDATION = {
  metadata: { name: "appmesh-controller-webhook" },
  webhooks: [{ name: "vmesh.appmesh.k8s.aws", rules: [{ apiGroups: ["appmesh.k8s.aws"] }] }],
} as const satisfies JsonObject;

/** A cluster with these registrations; `replaced` are the paths of those that were written. */
function cluster(mutating: readonly JsonObject[], validating: readonly JsonObject[]) {
  const replaced: string[] = [];
  const lists = new Map([
    [MUTATING_WEBHOOKS, mutating],
    [VALIDATING_WEBHOOKS, validating],
  ]);
  const get = (path: string): Promise<JsonObject> =>
    Promise.resolve({ metadata: {}, items: [...(lists.get(path.split("?")[0] ?? "") ?? [])] });
  const send = ({ method, path }: KubeWrite): Promise<JsonObject> => {
    replaced.push(`${method} ${path.split("?")[0]}`);
    return Promise.resolve({});
  };
  const client = { get, send } as unknown as KubeClient;
  const lines: string[] = [];
  return {
    writer: { client, fieldManager: "outrigger", signal: new AbortController().signal } as const,
    report: (line: string) => void lines.push(line),
    replaced,
    lines,
  };
}

test("for pods the mutating webhooks are switched off; a policy that looks at the same pods stays in force", async () => {
  const { writer, report, replaced, lines } = cluster([INJECTOR], [POLICY]);
  await takeOverRegistrations({ writer, report }, "pods");
  expect(replaced).toEqual([`PUT ${MUTATING_WEBHOOKS}/second-injector`]);
  expect(lines).toEqual([
    "  MutatingWebhookConfiguration second-injector switched off for pods; uninstall gives it back",
  ]);
});

test("for App Mesh objects both kinds are", async () => {
  const { writer, report, replaced } = cluster([VALIDATION], [POLICY, VALIDATION]);
  await takeOverRegistrations({ writer, report }, "objects");
  expect(replaced).toEqual([
    `PUT ${MUTATING_WEBHOOKS}/appmesh-controller-webhook`,
    `PUT ${VALIDATING_WEBHOOKS}/appmesh-controller-webhook`,
  ]);
});

test("whatever was taken over is given back, of both kinds", async () => {
  const { writer, report, replaced } = cluster(
    [takenOver(INJECTOR, "pods") ?? {}],
    [takenOver(POLICY, "pods") ?? {}, VALIDATION],
  );
  await giveBackOthers(writer, report);
  expect(replaced).toEqual([`PUT ${MUTATING_WEBHOOKS}/second-injector`, `PUT ${VALIDATING_WEBHOOKS}/policy-engine`]);
});
