import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { registration } from "../../src/install/objects/registration.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { INJECT_KEY } from "../../src/model/names.ts";
import { TemplateReader, TOKEN_VOLUME } from "../../src/webhook/body-template.ts";
import { onePod, podOf } from "../pods-of-one-workload.ts";
import { connectApi } from "./api-connection.ts";
import { type LoopbackAdmission, serveLoopbackAdmission } from "./loopback-admission.ts";
import { createNamespace, podsOf, withServiceAccount } from "./namespaces.ts";
import { REGISTRATIONS } from "./registered-webhook.ts";
import { until } from "./until.ts";

// What an API server really sends about pods of one template: their answers are remembered only if it differs in nothing else.

const api = connectApi(inject("cluster"));
/** In the order in which the API server calls them. */
const WEBHOOKS = [`${REGISTRATIONS}/adds-a-token`, `${REGISTRATIONS}/notes-bodies`];
const TEMPLATE: JsonObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { generateName: "web-6d4cf56db6-", labels: { app: "web", "pod-template-hash": "6d4cf56db6" } },
  spec: { containers: [{ name: "web", image: "nginx", ports: [{ containerPort: 80 }] }] },
};

let webhook: LoopbackAdmission;
let bodies: string[] = [];
let namespace = "";
let created = 0;

beforeAll(async () => {
  // The plugin ServiceAccount, which this API server does without, adds the volume after the API server noted who wrote what.
  // So it comes from a webhook here, which is called before the one that notes what comes.
  webhook = await serveLoopbackAdmission(({ object }, body) => {
    if (body.includes(TOKEN_VOLUME)) {
      bodies.push(body);
      return [];
    }
    const { spec } = podOf(object, namespace, onePod(created++));
    return [{ op: "replace", path: "/spec", value: spec as JsonObject }];
  });
  const { url, caBundle } = webhook;
  for (const path of WEBHOOKS) {
    const ours = registration({ url, caBundle, failurePolicy: "Fail" });
    await api.apply(path, { ...ours, metadata: { name: path.slice(REGISTRATIONS.length + 1) } });
  }
  namespace = await createNamespace(api, "alike", { [INJECT_KEY]: "enabled" });
  await until(async () => {
    await create();
    return bodies.length > 0 ? undefined : "not both are called";
  });
});

afterAll(async () => {
  for (const path of WEBHOOKS) await api.send("DELETE", path);
  await webhook?.stop();
  await api.close();
});

async function create(): Promise<void> {
  await api.create(podsOf(namespace), withServiceAccount(TEMPLATE));
}

test("the bodies of an API server about pods of one template, made in different seconds, have one template", async () => {
  bodies = [];
  await create();
  await wait(1_100);
  await create();
  const read = bodies.map((body) => {
    const template = new TemplateReader().read(Buffer.from(body));
    return { uid: template?.uid, names: template?.names, text: template?.bytes.toString("latin1") };
  });
  expect(read).toHaveLength(2);
  expect(read[0]?.names).toBe(2);
  expect(read[0]?.text).toContain('"managedFields":[');
  expect(read[1]?.text).toBe(read[0]?.text);
  expect(read[1]?.uid).not.toBe(read[0]?.uid);
});
