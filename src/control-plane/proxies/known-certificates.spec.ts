import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { comesTrue } from "../../../test/comes-true.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Credentials } from "../../pki/certificate-source.ts";
import { newLeaf, newRoot } from "../../pki/sign.ts";
import { KnownCertificates } from "./known-certificates.ts";

const HOUR = 3_600_000;
const POLICY = { rootLifetime: 24 * HOUR, leafLifetime: HOUR, settle: 0 };
const ARN = "arn:aws:acm:eu-west-1:123456789012:certificate/door";

let root: Awaited<ReturnType<typeof newRoot>>;
let door: Credentials;
/** What the API server answers. */
let stored: JsonObject | undefined | KubeError;
/** Tells whoever watches that the Secret is another one. */
let changed: () => void;
let calls: string[];
let told: string[];
let stop: AbortController;

beforeAll(async () => {
  const now = new Date();
  const made = { ...(await newRoot("test", POLICY, now)), since: now };
  root = made;
  door = await newLeaf(made, { dnsNames: ["door.example.com"] }, POLICY, now);
});
beforeEach(() => {
  [calls, told] = [[], []];
  stop = new AbortController();
});
afterEach(() => stop.abort());

const client: KubeClient = {
  async get(path) {
    calls.push(path);
    if (stored === undefined) throw new KubeError("status", "there is none", { status: 404 });
    if (stored instanceof KubeError) throw stored;
    return stored;
  },
  watch(path, { event, signal }) {
    calls.push(path.slice(0, path.indexOf("&timeoutSeconds")));
    changed = () => event({ type: "MODIFIED" });
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  },
  send: () => Promise.reject(new Error("nothing is written here")),
};

async function known(...namespaces: readonly string[]): Promise<KnownCertificates> {
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() } as never;
  const secrets = [{ arn: ARN, secret: "door-tls", namespaces }];
  const certificates = new KnownCertificates({ client, secrets, log, now: () => new Date() }, stop.signal);
  await certificates.synced;
  certificates.onChange((changes) => {
    told.push(...changes.map(({ after }) => after.certificate?.found ?? "usable"));
  }, stop.signal);
  return certificates;
}

function secret(data: Readonly<Record<string, string>>): JsonObject {
  const encoded = Object.entries(data).map(([field, text]) => [field, Buffer.from(text).toString("base64")]);
  return { data: Object.fromEntries(encoded) };
}

function whole(): JsonObject {
  return secret({ "tls.crt": door.certificate, "tls.key": door.key, "ca.crt": root.certificate });
}

async function become(next: typeof stored, expected: string): Promise<void> {
  stored = next;
  changed();
  await comesTrue(() => expect(told.at(-1)).toContain(expected));
}

test("only the Secret that is meant is read and watched, by its name", async () => {
  stored = whole();
  const certificates = await known("shop");
  const secrets = "/api/v1/namespaces/appmesh-system/secrets";
  expect(new Set(calls)).toEqual(
    new Set([
      `${secrets}?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Ddoor-tls`,
      `${secrets}/door-tls`,
    ]),
  );
  expect(certificates.of(ARN)).toMatchObject({ namespaces: ["shop"], authorities: root.certificate });
  expect(certificates.of(`${ARN}2`)).toBeUndefined();
});

test("a configuration without such ARNs asks nobody for anything", async () => {
  const log = {} as never;
  const none = new KnownCertificates({ client, secrets: [], log, now: () => new Date() }, stop.signal);
  await none.synced;
  expect([calls, none.of(ARN)]).toEqual([[], undefined]);
});

test("one that is broken leaves the last good one, and one that is deleted nothing, also when it comes back broken", async () => {
  stored = whole();
  const certificates = await known("shop");
  const isThere = (): boolean => certificates.of(ARN)?.shown !== undefined;
  await become(secret({ "tls.crt": door.certificate }), "has no ");
  expect([isThere(), certificates.of(ARN)?.authorities]).toEqual([true, root.certificate]);
  await become(undefined, "is not there");
  expect([isThere(), certificates.of(ARN)?.authorities]).toEqual([false, undefined]);
  await become(secret({ "tls.crt": door.certificate }), "has no ");
  expect([isThere(), certificates.of(ARN)?.authorities]).toEqual([false, undefined]);
  await become(whole(), "usable");
  expect(isThere()).toBe(true);
});

test("one that may not be read, as after an upgrade without its Role, holds up nobody, is said, and is read once it may be", async () => {
  stored = new KubeError("status", "no", { status: 403 });
  const certificates = await known("shop");
  expect(told).toEqual(["the control plane may not read Secret door-tls in namespace appmesh-system"]);
  expect(certificates.of(ARN)?.shown).toBeUndefined();
  stored = whole();
  await comesTrue(() => expect(told.at(-1)).toBe("usable"));
});

test("an API server that is away holds up nobody and takes nothing away", async () => {
  stored = whole();
  const certificates = await known("shop");
  stored = new KubeError("unreachable", "it is away");
  const before = calls.length;
  changed();
  await comesTrue(() => expect(calls.length).toBeGreaterThan(before + 1));
  expect([certificates.of(ARN)?.shown !== undefined, told]).toEqual([true, ["usable"]]);
  const other = await known("shop");
  expect(other.of(ARN)).toEqual({ namespaces: ["shop"], shown: undefined, authorities: undefined });
});

test("whoever waits for it when everything ends waits no longer", async () => {
  const never: KubeClient = { ...client, get: () => new Promise(() => undefined) };
  const log = { info: vi.fn(), warn: vi.fn() } as never;
  const secrets = [{ arn: ARN, secret: "door-tls", namespaces: [] }];
  const { synced } = new KnownCertificates({ client: never, secrets, log, now: () => new Date() }, stop.signal);
  stop.abort();
  await expect(synced).resolves.toBeUndefined();
});
