import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { registration } from "../../src/install/objects/registration.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import type { Writer } from "../../src/kube/writes.ts";
import { type JsonObject, member, objectsOf } from "../../src/model/json.ts";
import { withNext } from "../../src/pki/advance.ts";
import { publishTrust } from "../../src/pki/publish-trust.ts";
import { registrationBundle, registrationReference } from "../../src/pki/registration-bundle.ts";
import { newRoot } from "../../src/pki/sign.ts";
import { trustConfigMap } from "../../src/pki/trust-config-map.ts";
import { connectApi } from "./api-connection.ts";
import { text } from "./api-object.ts";
import { CALM, putState, type Shares, secretOf, shares, stateOf } from "./authorities.ts";
import { limitedClient } from "./limited-client.ts";
import { createNamespace } from "./namespaces.ts";
import { REGISTRATIONS } from "./registered-webhook.ts";
import { until } from "./until.ts";

/* Where bundles are published: the registration's caBundle and the ConfigMap with the mesh's trust. */

const api = connectApi(inject("cluster"));
const SECRET = "authority";
const CONFIG_MAP = { name: "trust", key: "trust.pem" };

let namespace: string;
let name: string;
let secretPath: string;
let registrationPath: string;
let client: KubeClient;
let running: Shares;

beforeAll(async () => {
  namespace = await createNamespace(api, "ca-bundle");
  name = `registration-of-${namespace}`;
  secretPath = `/api/v1/namespaces/${namespace}/secrets/${SECRET}`;
  registrationPath = `${REGISTRATIONS}/${name}`;
  const own = {
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: [SECRET],
    verbs: ["get", "watch", "create", "patch", "update"],
  };
  client = await limitedClient(api, inject("cluster"), {
    namespace,
    inNamespace: [
      { apiGroups: [""], resources: ["configmaps"], verbs: ["create"] },
      own,
      {
        apiGroups: [""],
        resources: ["configmaps"],
        resourceNames: [CONFIG_MAP.name],
        verbs: ["get", "watch", "patch"],
      },
    ],
    inCluster: [
      {
        apiGroups: ["admissionregistration.k8s.io"],
        resources: ["mutatingwebhookconfigurations"],
        resourceNames: [name],
        verbs: ["get", "watch", "patch"],
      },
    ],
  });
});

beforeEach(() => {
  running = shares();
});

afterEach(async () => {
  await running.stop();
  await api.send("DELETE", registrationPath);
  await api.send("DELETE", secretPath);
});

afterAll(() => api.close());

const writer = (): Writer => ({ client, fieldManager: "outrigger-injector", signal: new AbortController().signal });

const start = () =>
  running.start({
    client,
    fieldManager: "outrigger-injector",
    secret: { namespace, name: SECRET },
    place: (given) => registrationBundle(given, registrationReference(name)),
  });

/** The registration as install renders it, which calls nothing: no namespace has such a label. */
function rendered(changes: JsonObject = {}): JsonObject {
  const object = registration({ url: "https://127.0.0.1:1/" });
  const webhooks = objectsOf(object["webhooks"]).map((entry) => ({
    ...entry,
    namespaceSelector: { matchLabels: { "ca-bundle-test": "nobody" } },
  }));
  return { ...object, metadata: { name }, webhooks, ...changes };
}

const register = (object = rendered()) => api.apply(registrationPath, object);

async function stored(): Promise<JsonObject> {
  return (await api.send("GET", registrationPath)).body;
}

/** The bundle of each entry; empty where there is none. */
async function bundles(): Promise<string[]> {
  return objectsOf((await stored()).webhooks).map((entry) =>
    Buffer.from(text(member(member(entry, "clientConfig"), "caBundle")), "base64").toString(),
  );
}

/** Waits until every entry has what the share says. */
async function untilPublished(share: { bundle(): string | undefined }): Promise<void> {
  await until(async () => {
    const found = await bundles();
    return found.length > 0 && found.every((bundle) => bundle === share.bundle()) ? undefined : found.join("\n");
  });
}

describe("the registration", () => {
  test("gets the bundle into its entries, and the injector owns that field and no other", async () => {
    await register();
    const share = start();
    await untilPublished(share);
    const { metadata } = await stored();
    const ours = objectsOf(member(metadata, "managedFields")).filter(({ manager }) => manager === "outrigger-injector");
    const entry = (key: string) => ({
      [`k:{"name":"${key}"}`]: { ".": {}, "f:name": {}, "f:clientConfig": { "f:caBundle": {} } },
    });
    expect(ours).toMatchObject([{ operation: "Apply" }]);
    expect(ours[0]?.["fieldsV1"]).toEqual({
      "f:webhooks": { ...entry("pods.inject.outrigger.dev"), ...entry("optin.pods.inject.outrigger.dev") },
    });
    // its certificate is made a moment after the bundle was published
    await until(async () => share.problem());
  });

  test("keeps it when somebody applies the registration again without one, as GitOps tools do", async () => {
    await register();
    const share = start();
    await untilPublished(share);
    await register(rendered({ metadata: { name, labels: { "applied-again": "yes" } } }));
    expect(await bundles()).toEqual([share.bundle(), share.bundle()]);
    expect((await stored()).metadata).toMatchObject({ labels: { "applied-again": "yes" } });
  });

  test("is mended when somebody else writes another bundle, or takes it out", async () => {
    await register();
    const share = start();
    await untilPublished(share);
    const other = (await newRoot("somebody else", CALM, new Date())).certificate;
    const entries = objectsOf((await stored()).webhooks);
    const [first, ...rest] = entries;
    const foreign = {
      ...(member(first, "clientConfig") as JsonObject),
      caBundle: Buffer.from(other).toString("base64"),
    };
    await api.send("PUT", registrationPath, {
      ...(await stored()),
      webhooks: [{ ...first, clientConfig: foreign }, ...rest],
    });
    await untilPublished(share);
    const without = entries.map((entry) => ({ ...entry, clientConfig: { url: "https://127.0.0.1:1/" } }));
    await api.send("PUT", registrationPath, { ...(await stored()), webhooks: without });
    await untilPublished(share);
  });

  test("keeps entries of others as they are", async () => {
    const [first] = objectsOf(rendered()["webhooks"]);
    await register(
      rendered({ webhooks: [...objectsOf(rendered()["webhooks"]), { ...first, name: "pods.example.com" }] }),
    );
    const share = start();
    await until(async () => ((await bundles())[0] === share.bundle() ? undefined : "not published"));
    expect(await bundles()).toEqual([share.bundle(), share.bundle(), ""]);
  });

  test("with entries of others only is left alone, although it has our name", async () => {
    const [first] = objectsOf(rendered()["webhooks"]);
    await register(rendered({ webhooks: [{ ...first, name: "aws-app-mesh-inject.example.com" }] }));
    await start().certificate;
    expect(await registrationBundle(writer(), registrationReference(name)).publish(async () => "unused")).toBe(
      "absent",
    );
    expect(await bundles()).toEqual([""]);
  });

  test("that is deleted is not made again, and one that is installed again gets its bundle", async () => {
    await register();
    const share = start();
    await untilPublished(share);
    await api.send("DELETE", registrationPath);
    // something to do: the next state has one more root
    const now = new Date();
    await putState(api, secretPath, withNext(await stateOf(api, secretPath), await newRoot("next", CALM, now), now));
    // without a registration nobody verifies, so that the root counts as delivered at once
    await until(async () => ((await stateOf(api, secretPath)).previous.length === 0 ? "not rotated yet" : undefined));
    expect((await api.send("GET", registrationPath)).status).toBe(404);
    await register();
    await untilPublished(share);
  });

  test("that is deleted between reading and writing is not made again either", async () => {
    await register();
    const publication = registrationBundle(writer(), registrationReference(name)).publish(async () => {
      await api.send("DELETE", registrationPath);
      return "too late";
    });
    await expect(publication).rejects.toMatchObject({ name: "KubeError" });
    expect((await api.send("GET", registrationPath)).status).toBe(404);
  });

  test("that changed between reading and writing is not written by who knows less", async () => {
    await register();
    const publication = registrationBundle(writer(), registrationReference(name)).publish(async () => {
      await register(rendered({ metadata: { name, labels: { changed: "meanwhile" } } }));
      return (await newRoot("old", CALM, new Date())).certificate;
    });
    await expect(publication).rejects.toMatchObject({ status: 409 });
    expect(await bundles()).toEqual(["", ""]);
  });

  test("that may not be written keeps its reader from being ready, and no new root signs", async () => {
    await register();
    const reads = { apiGroups: [""], resources: ["secrets"], verbs: ["create", "get", "watch", "patch", "update"] };
    const stranger = await limitedClient(api, inject("cluster"), { namespace, inNamespace: [reads] });
    const share = running.start({
      client: stranger,
      secret: { namespace, name: SECRET },
      place: (given) => registrationBundle(given, registrationReference(name)),
      policy: { ...CALM, settle: 1 },
    });
    const source = await share.certificate;
    await until(async () => (share.problem()?.includes("403") ? undefined : share.problem()));
    const before = await stateOf(api, secretPath);
    const now = new Date();
    await putState(api, secretPath, withNext(before, await newRoot("next", CALM, now), now));
    await until(async () => (share.bundle()?.split("BEGIN").length === 3 ? undefined : "not seen"));
    expect((await stateOf(api, secretPath)).active.id).toBe(before.active.id);
    expect(source.current().certificate).not.toBe("");
  });
});

describe("the ConfigMap with the mesh's trust", () => {
  const path = () => `/api/v1/namespaces/${namespace}/configmaps/${CONFIG_MAP.name}`;
  const published = async () => text(member((await api.send("GET", path())).body.data, CONFIG_MAP.key));

  test("is made, kept against changes, and follows the authority; other keys stay", async () => {
    const abort = new AbortController();
    const lines: string[] = [];
    const say = (_: object, message: string) => void lines.push(message);
    const place = (given: Writer) => trustConfigMap(given, { namespace, ...CONFIG_MAP });
    const parts = {
      client,
      fieldManager: "outrigger-control-plane",
      secret: { namespace, name: SECRET },
      place,
    } as const;
    const publishing = publishTrust({ ...parts, log: { debug: say, info: say, warn: say, error: say } }, abort.signal);
    try {
      await until(async () => (lines.includes("the trust bundle cannot be published") ? undefined : lines.join()));
      const share = running.start({ client, secret: { namespace, name: SECRET } });
      const isPublished = async () =>
        (await published()) === share.bundle() && share.bundle() ? undefined : "not published";
      await until(isPublished);
      await api.apply(path(), { ...(await bare()), data: { [CONFIG_MAP.key]: "broken", "mine.txt": "kept" } });
      await until(isPublished);
      await api.send("DELETE", path());
      await until(isPublished);
      const now = new Date();
      await putState(api, secretPath, withNext(await stateOf(api, secretPath), await newRoot("next", CALM, now), now));
      await until(async () => ((await published()).split("BEGIN").length === 3 ? undefined : "one root only"));
      expect(await secretOf(api, secretPath)).toBeDefined();
    } finally {
      abort.abort();
      await publishing;
    }
  });

  test("keeps the keys of others", async () => {
    await api.apply(path(), { ...(await bare()), data: { "mine.txt": "kept" } });
    expect(await trustConfigMap(writer(), { namespace, ...CONFIG_MAP }).publish(async () => "pem")).toBe("written");
    expect(await trustConfigMap(writer(), { namespace, ...CONFIG_MAP }).publish(async () => "pem")).toBe("there");
    expect((await api.send("GET", path())).body.data).toEqual({ "mine.txt": "kept", [CONFIG_MAP.key]: "pem" });
  });

  async function bare(): Promise<JsonObject> {
    return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: CONFIG_MAP.name, namespace } };
  }
});
