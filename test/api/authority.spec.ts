import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { KubeClient } from "../../src/kube/client.ts";
import { createByName } from "../../src/kube/create-by-name.ts";
import { KubeError } from "../../src/kube/kube-error.ts";
import { withDelivery, withNext } from "../../src/pki/advance.ts";
import { formatState } from "../../src/pki/authority-format.ts";
import type { Credentials } from "../../src/pki/certificate-source.ts";
import { newRoot } from "../../src/pki/sign.ts";
import { connectApi } from "./api-connection.ts";
import { CALM, isTrusted, putState, type Shares, secretOf, shares, stateOf } from "./authorities.ts";
import { adminClient, limitedClient } from "./limited-client.ts";
import { createNamespace } from "./namespaces.ts";
import { until } from "./until.ts";

/* An authority that replicas share in a Secret, against a real API server and its role-based access control. */

const api = connectApi(inject("cluster"));
const admin = adminClient(inject("cluster"));
const NAME = "authority";
/** All that docs/certificates.md says is needed. */
const RULES = [
  {
    apiGroups: [""],
    resources: ["secrets"],
    resourceNames: [NAME],
    verbs: ["get", "watch", "create", "patch", "update"],
  },
];

let namespace: string;
let path: string;
let client: KubeClient;
let running: Shares;

beforeAll(async () => {
  namespace = await createNamespace(api, "authority");
  client = await limitedClient(api, inject("cluster"), { namespace, inNamespace: RULES });
  path = `/api/v1/namespaces/${namespace}/secrets/${NAME}`;
});

beforeEach(() => {
  running = shares();
});

afterEach(async () => {
  await running.stop();
  await api.send("DELETE", path);
});

afterAll(() => api.close());

const start = (changes: Partial<Parameters<Shares["start"]>[0]> = {}) =>
  running.start({ client, secret: { namespace, name: NAME }, ...changes });

test("the role allows to make the one Secret, and no other", async () => {
  const writer = { client, fieldManager: "outrigger-injector", signal: AbortSignal.timeout(30_000) } as const;
  const secret = (name: string) => ({ apiVersion: "v1", kind: "Secret", metadata: { namespace, name }, data: {} });
  await expect(createByName(writer, secret("another"))).rejects.toMatchObject({ status: 403 });
  const made = { ...secret(NAME), data: { a: "YQ==" } };
  await createByName(writer, made);
  // of two who make it at once the second is told, and writes over nothing
  const second = createByName(writer, { ...made, data: { a: "Yg==" } });
  await expect(second).rejects.toMatchObject({ status: 409, reason: "Conflict" });
  expect((await api.send("GET", path)).body).toMatchObject({ data: { a: "YQ==" } });
});

describe("an authority that is not there", () => {
  test("is made once by replicas that start together, and each has a key of its own", async () => {
    const sources = await Promise.all(Array.from({ length: 6 }, () => start().certificate));
    const state = await stateOf(api, path);
    const leaves = sources.map((source) => source.current());
    for (const leaf of leaves) expect(isTrusted(leaf.certificate, state)).toBe(true);
    expect(new Set(leaves.map(({ key }) => key)).size).toBe(6);
    const kept = formatState(state);
    for (const { key } of leaves) expect(kept).not.toContain(key.split("\n")[1]);
    expect(kept).toContain(state.active.key.split("\n")[1]);
  });

  test("is made in a Secret that was left empty for it", async () => {
    await api.create(`/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: NAME, labels: { "app.kubernetes.io/part-of": "chart" } },
    });
    const source = await start().certificate;
    expect(isTrusted(source.current().certificate, await stateOf(api, path))).toBe(true);
    expect((await secretOf(api, path))?.metadata).toMatchObject({ labels: { "app.kubernetes.io/part-of": "chart" } });
  });

  test("waits for its namespace, and says so", async () => {
    const share = running.start({ client: admin, secret: { namespace: `${namespace}-later`, name: NAME } });
    await until(async () => (share.problem()?.includes("not found") ? undefined : share.problem()));
    expect(share.bundle()).toBeUndefined();
    await api.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: `${namespace}-later` },
    });
    await share.certificate;
    expect(share.problem()).toBeUndefined();
  });
});

describe("a Secret that somebody deletes", () => {
  test("is put back with the same roots, so that nobody loses trust", async () => {
    const shared = [start(), start()];
    const [source] = await Promise.all(shared.map(({ certificate }) => certificate));
    const before = await stateOf(api, path);
    const leaf = source?.current();
    await api.send("DELETE", path);
    await until(async () => ((await secretOf(api, path)) === undefined ? "the Secret is not there" : undefined));
    expect(await stateOf(api, path)).toEqual(before);
    expect(source?.current()).toBe(leaf);
  });
});

describe("a Secret that cannot be used", () => {
  const broken = { "authority.json": Buffer.from('{"version":1}').toString("base64") };

  async function overwrite(data: Record<string, string>): Promise<string> {
    await api.send("PUT", path, { ...(await secretOf(api, path)), data });
    return JSON.stringify((await secretOf(api, path))?.data);
  }

  test("is left alone while the running certificate goes on, and is taken up when it is mended", async () => {
    const share = start();
    const source = await share.certificate;
    const good = await stateOf(api, path);
    const stored = await overwrite(broken);
    const next = start();
    await until(async () => (next.problem()?.includes("active has no certificate") ? undefined : next.problem()));
    expect(share.problem()).toBeUndefined();
    expect(isTrusted(source.current().certificate, good)).toBe(true);
    expect(JSON.stringify((await secretOf(api, path))?.data)).toBe(stored);
    await putState(api, path, good);
    expect(isTrusted((await next.certificate).current().certificate, good)).toBe(true);
    expect(next.problem()).toBeUndefined();
  });

  test("of somebody else is left alone, and the message says what is in the way", async () => {
    await api.create(`/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: NAME },
      data: { password: "c2VjcmV0" },
    });
    const share = start();
    await until(async () => (share.problem()?.includes("not an authority of Outrigger") ? undefined : share.problem()));
    expect(share.problem()).not.toContain("c2VjcmV0");
    expect((await secretOf(api, path))?.data).toEqual({ password: "c2VjcmV0" });
  });

  test("because it may not be read, says so", async () => {
    const stranger = await limitedClient(api, inject("cluster"), { namespace });
    const share = start({ client: stranger });
    await until(async () => (share.problem()?.includes("403") ? undefined : share.problem()));
  });
});

describe("a leaf", () => {
  test("is renewed at half of its life, and whoever listens is told", async () => {
    const source = await start({ policy: { ...CALM, leafLifetime: 2_000 } }).certificate;
    const seen: Credentials[] = [];
    const end = source.onChange((credentials) => void seen.push(credentials));
    const first = source.current();
    await until(async () => (seen.length < 2 ? `${seen.length} leaves` : undefined));
    end();
    const state = await stateOf(api, path);
    expect(seen.map(({ certificate }) => isTrusted(certificate, state))).not.toContain(false);
    expect(new Set([first, ...seen].map(({ key }) => key)).size).toBe(seen.length + 1);
  });

  test("is renewed while the API server is away", async () => {
    let isAway = false;
    const away = async (): Promise<never> => {
      throw new KubeError("unreachable", "the API server is away");
    };
    const failing: KubeClient = {
      get: (...call) => (isAway ? away() : client.get(...call)),
      watch: (...call) => (isAway ? away() : client.watch(...call)),
      send: (...call) => (isAway ? away() : client.send(...call)),
    };
    const share = start({ client: failing, policy: { ...CALM, leafLifetime: 2_000 } });
    const source = await share.certificate;
    isAway = true;
    const { fingerprint } = source.current();
    await until(async () => (source.current().fingerprint === fingerprint ? "the same leaf" : undefined));
    expect(share.problem()).toBeUndefined();
  });
});

describe("a root", () => {
  test("that is told to have been delivered becomes active in all replicas, and the one before is dropped in the end", async () => {
    const policy = { rootLifetime: 3_600_000, leafLifetime: 2_000, settle: 500 };
    const shared = [start({ policy }), start({ policy })];
    const sources = await Promise.all(shared.map(({ certificate }) => certificate));
    const before = await stateOf(api, path);
    const now = new Date();
    const waiting = withNext(before, await newRoot("successor", policy, now), now);
    await putState(api, path, waiting);
    await until(async () =>
      shared.some((share) => !share.bundle()?.includes(waiting.next?.certificate ?? "-")) ? "not seen" : undefined,
    );
    for (const source of sources) expect(isTrusted(source.current().certificate, before)).toBe(true);

    await putState(api, path, withDelivery(await stateOf(api, path), new Date()));
    const only = { active: { ...before.active, ...waiting.next }, next: undefined, previous: [] };
    await until(async () =>
      sources.some((source) => !isTrusted(source.current().certificate, only)) ? "not active" : undefined,
    );
    await until(async () =>
      (await stateOf(api, path)).previous.length > 0 ? "the former root is still there" : undefined,
    );
    const after = await stateOf(api, path);
    expect([after.active.id, after.next]).toEqual([waiting.next?.id, undefined]);
  });

  test("gets its successor by itself when it grows old", async () => {
    start({ policy: { rootLifetime: 10_000, leafLifetime: 1_000, settle: 500 } });
    await until(async () => {
      const secret = await secretOf(api, path);
      return secret && (await stateOf(api, path)).next !== undefined ? undefined : "there is no successor";
    });
  });
});
