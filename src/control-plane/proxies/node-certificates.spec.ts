import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { comesTrue } from "../../../test/comes-true.ts";
import { listenerView, nodeView, targetView } from "../../../test/mesh-views.ts";
import type { NodeView } from "../../graph/view.ts";
import { createAuthority } from "../../pki/authority.ts";
import { certificateFacts } from "../../pki/authority-format.ts";
import { pemOfKey, validFor } from "../../pki/key-pair.ts";
import { newLeaf } from "../../pki/sign.ts";
import type { Resource } from "../../xds/encode/resource.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import type { MeantCertificate } from "./known-certificates.ts";
import { NodeCertificates } from "./node-certificates.ts";

const DAY = 86_400_000;
const ARN = "arn:aws:acm:eu-west-1:123456789012:certificate/web";
const ACM = { mode: "STRICT", certificate: { acm: { certificateARN: ARN } } } as const;
const SERVER = nodeView({ certificateNames: ["web.shop", "web.shop.svc"], listeners: [listenerView({ tls: ACM })] });
const KEY = "VirtualNode/shop/web";
const VALIDATION = { trust: { kind: "acm", arns: ["arn:ca"] }, names: ["web.shop"] } as const;
const CONNECTIONS = [
  { suffix: "", tls: { certificate: undefined, validation: VALIDATION, serverName: undefined }, services: [] },
];
/** It trusts ACM. */
const CLIENT = nodeView({ targets: [targetView("web", { listeners: [{ connections: CONNECTIONS }] })] });

let told: string[];
let started: number;
let logged: string;
let stop: AbortController;
let issuer: Awaited<ReturnType<typeof authority>>;
/** Of certificates to come. */
let issuing: () => Promise<void>;
let bundleChanged: () => void;
/** What ARNs mean. */
let meant: Map<string, MeantCertificate>;
let meantChanged: () => void;

async function authority(days = 30) {
  const { certificate, key } = await createAuthority("test", validFor(days, new Date()));
  const facts = certificateFacts(certificate);
  if (facts === undefined) throw new Error("no authority");
  return { ...facts, key: await pemOfKey(key), since: new Date() };
}

beforeEach(async () => {
  issuer = await authority();
  [told, started, logged] = [[], 0, ""];
  meant = new Map();
  stop = new AbortController();
  issuing = async () => {};
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

/** `first`: the authority's own certificate. */
function certificates(first = Promise.resolve({} as never)): NodeCertificates {
  const log = (fields: object, message: string): void => {
    logged += JSON.stringify({ ...fields, message });
  };
  return new NodeCertificates({
    authority: async () => {
      started += 1;
      return {
        certificate: first,
        async issue(names) {
          await issuing();
          return newLeaf(issuer, names, { rootLifetime: 30 * DAY, leafLifetime: DAY, settle: 0 }, new Date());
        },
        bundle: () => issuer.certificate,
        onBundle(listener) {
          bundleChanged = listener;
        },
      };
    },
    known: {
      of: (arn) => meant.get(arn),
      onChange(listener) {
        meantChanged = () => listener([]);
      },
    },
    changed: (view) => void told.push(view),
    log: { debug: log, info: log, warn: log, error: log } as never,
    now: Date.now,
    random: () => 0,
    signal: stop.signal,
  });
}

/** Asks until the view was told to be another one so many times, and once more. */
async function asked(made: NodeCertificates, view: NodeView, times: number): Promise<readonly Resource[]> {
  let found = made.secretsOf(KEY, view);
  for (let count = 1; count <= times; count++) {
    await isTold(count);
    found = made.secretsOf(KEY, view);
  }
  return found;
}

/** Keys are made by other threads, which know nothing of a test's clock: that stands still meanwhile. */
async function isTold(count = 1): Promise<void> {
  while (told.length < count) await new Promise((resolve) => setImmediate(resolve));
}

/** Until what was begun has had its turns. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function text(resource: Resource | undefined, field: "certificateChain" | "privateKey" | "trustedCa"): string {
  const message = resource?.message as unknown as
    | {
        readonly type: { readonly value: Readonly<Record<string, { readonly specifier: { readonly value: string } }>> };
      }
    | undefined;
  return message?.type.value[field]?.specifier.value ?? "";
}

describe("a node whose listener wants a certificate of ACM", () => {
  test("gets one that names it, signed by the authority, once it is made; the same as long as nothing changes", async () => {
    const made = certificates();
    expect(made.secretsOf(KEY, SERVER)).toEqual([]);
    const [first, ...others] = await asked(made, SERVER, 2);
    expect(others).toEqual([]);
    expect(first?.name).toBe(`acm-certificate:${ARN}`);
    const leaf = new X509Certificate(text(first, "certificateChain"));
    expect(leaf.subjectAltName).toBe("DNS:web.shop, DNS:web.shop.svc");
    expect(leaf.verify(new X509Certificate(issuer.certificate).publicKey)).toBe(true);
    expect(text(made.secretsOf(KEY, SERVER)[0], "certificateChain")).toBe(text(first, "certificateChain"));
    expect(first?.origins).toEqual([SERVER.object]);
  });

  test("gets another one where its names are others, and not the one for the names before", async () => {
    const made = certificates();
    await asked(made, SERVER, 2);
    const renamed = { ...SERVER, certificateNames: ["other.shop"] };
    expect(made.secretsOf(KEY, renamed)).toEqual([]);
    const [next] = await asked(made, renamed, 3);
    expect(new X509Certificate(text(next, "certificateChain")).subjectAltName).toBe("DNS:other.shop");
  });

  test.each(["while it has one", "while one is being made"])(
    "gets another one where the roots were replaced %s, for nobody trusts the old ones any more",
    async (when) => {
      const made = certificates();
      await asked(made, SERVER, when === "while it has one" ? 2 : 1);
      const before = issuer.certificate;
      issuer = await authority();
      bundleChanged();
      const signer = () => {
        const [secret] = made.secretsOf(KEY, SERVER);
        const leaf = secret && new X509Certificate(text(secret, "certificateChain"));
        return [issuer.certificate, before].find((root) => leaf?.verify(new X509Certificate(root).publicKey));
      };
      await comesTrue(() => expect(signer()).toBe(issuer.certificate));
    },
  );

  test("keeps the one that it has where the roots are others, and still have its signer among them", async () => {
    const made = certificates();
    const [first] = await asked(made, SERVER, 2);
    const next = await authority();
    issuer = { ...issuer, certificate: `${next.certificate}${issuer.certificate}` };
    bundleChanged();
    issuing = () => Promise.reject(new Error("another one was asked for"));
    const [again] = made.secretsOf(KEY, SERVER);
    expect(text(again, "certificateChain")).toBe(text(first, "certificateChain"));
    await turns();
    expect(logged).not.toContain("another one");
  });

  test("gets none where it may have no name", async () => {
    const made = certificates();
    expect(await asked(made, { ...SERVER, certificateNames: [] }, 1)).toEqual([]);
  });

  test("is the only one that gets it, and no log has the key", async () => {
    const made = certificates();
    const [secret] = await asked(made, SERVER, 2);
    const other = nodeView({ targets: [targetView("web", { listeners: [{ tls: ACM }] })] });
    expect(made.secretsOf("VirtualNode/shop/other", other)).toEqual([]);
    const [body = ""] = text(secret, "privateKey").split("\n").slice(1);
    expect(body.length).toBeGreaterThan(20);
    expect(logged).toContain("web.shop");
    expect(logged).not.toContain(body);
    expect(logged).not.toContain("BEGIN");
  });
});

test("a client that trusts ACM gets the roots, and again when they change", async () => {
  const made = certificates();
  const [roots, ...others] = await asked(made, CLIENT, 1);
  expect(others).toEqual([]);
  expect([roots?.name, text(roots, "trustedCa")]).toEqual(["acm-trust:arn:ca", issuer.certificate]);
  issuer = await authority();
  bundleChanged();
  expect(told).toEqual([KEY, KEY]);
  expect(text(made.secretsOf(KEY, CLIENT)[0], "trustedCa")).toBe(issuer.certificate);
});

test("a node that is gone is not told of again", async () => {
  const made = certificates();
  await asked(made, SERVER, 2);
  made.forget(KEY);
  told = [];
  bundleChanged();
  expect(told).toEqual([]);
});

describe("who waits for long is said to", () => {
  const { certificateLate } = CONTROL_PLANE_LIMITS;
  const OTHER = "VirtualNode/shop/client";

  test("where there is no authority, server and client", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const made = certificates(new Promise(() => {}));
    made.secretsOf(KEY, SERVER);
    made.secretsOf(OTHER, CLIENT);
    expect(made.late()).toEqual([]);
    vi.advanceTimersByTime(certificateLate);
    made.secretsOf(KEY, SERVER);
    expect(made.late()).toEqual([KEY, OTHER]);
    made.forget(KEY);
    made.secretsOf(OTHER, nodeView());
    expect(made.late()).toEqual([]);
  });

  test("where none can be made, until it is", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const made = certificates();
    issuing = () => Promise.reject(new Error("no key"));
    await asked(made, SERVER, 1);
    await turns();
    vi.advanceTimersByTime(certificateLate);
    made.secretsOf(KEY, SERVER);
    expect(made.late()).toEqual([KEY]);
    issuing = async () => {};
    vi.useRealTimers();
    await comesTrue(() => expect(made.secretsOf(KEY, SERVER)).toHaveLength(1));
    expect(made.late()).toEqual([]);
  });

  test("not where a node may have none, or an ARN means a Secret", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const made = certificates();
    made.secretsOf(KEY, { ...SERVER, certificateNames: [] });
    meant.set(ARN, { shown: undefined, authorities: undefined, namespaces: ["shop"] });
    made.secretsOf(OTHER, SERVER);
    vi.advanceTimersByTime(certificateLate);
    expect(made.late()).toEqual([]);
  });
});

test("a mesh without certificates of ACM has no authority for them", () => {
  expect(certificates().secretsOf(KEY, nodeView())).toEqual([]);
  expect(started).toBe(0);
});

test("a certificate that cannot be renewed stays for as long as somebody asks for it", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const made = certificates();
  await asked(made, SERVER, 2);
  const before = text(made.secretsOf(KEY, SERVER)[0], "certificateChain");
  issuing = () => Promise.reject(new Error("no key"));
  vi.advanceTimersByTime((DAY * 2) / 3);
  for (let waited = 0; waited < 5 * CONTROL_PLANE_LIMITS.forgetCertificate; waited += 10_000) {
    expect(text(made.secretsOf(KEY, SERVER)[0], "certificateChain")).toBe(before);
    await turns();
    vi.advanceTimersByTime(10_000);
  }
  vi.advanceTimersByTime(3 * CONTROL_PLANE_LIMITS.forgetCertificate);
  expect(made.secretsOf(KEY, SERVER)).toEqual([]);
});

test("of an authority that has ended certificates are made no more often than those that cannot be made", async () => {
  issuer = await authority(-1);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const made = certificates();
  await asked(made, SERVER, 2);
  told = [];
  vi.advanceTimersByTime(CONTROL_PLANE_LIMITS.certificateRetry - 1_000);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual([KEY]);
});

test("a certificate is renewed at two thirds of its life, where somebody still has the view", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const made = certificates();
  made.secretsOf(KEY, SERVER);
  await isTold();
  told = [];
  made.secretsOf(KEY, SERVER);
  await isTold();
  const before = text(made.secretsOf(KEY, SERVER)[0], "certificateChain");
  expect(before).not.toBe("");
  told = [];
  vi.advanceTimersByTime((DAY * 2) / 3 - 60_000);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(61_000);
  expect(told).toEqual([KEY]);
  told = [];
  // the old one until there is another
  expect(text(made.secretsOf(KEY, SERVER)[0], "certificateChain")).toBe(before);
  await isTold();
  expect(text(made.secretsOf(KEY, SERVER)[0], "certificateChain")).not.toBe(before);
  vi.advanceTimersByTime(DAY + CONTROL_PLANE_LIMITS.forgetCertificate);
  expect(made.secretsOf(KEY, SERVER)).toEqual([]);
});

describe("an ARN that means a Secret", () => {
  const SHOWN = { certificate: "a chain", key: "a key" };
  const foreign = { ...SERVER, object: { ...SERVER.object, namespace: "evil" } };

  function clientOf(...arns: readonly string[]): NodeView {
    const tls = {
      certificate: undefined,
      validation: { trust: { kind: "acm", arns }, names: [] },
      serverName: undefined,
    } as const;
    return nodeView({
      targets: [targetView("web", { listeners: [{ connections: [{ suffix: "", tls, services: [] }] }] })],
    });
  }

  test("gives its certificate to nodes of the namespaces that may have it, and to no other, and asks no authority", () => {
    meant.set(ARN, { namespaces: ["shop"], shown: SHOWN, authorities: undefined });
    const made = certificates();
    const [secret] = made.secretsOf(KEY, SERVER);
    expect([secret?.name, text(secret, "certificateChain"), text(secret, "privateKey")]).toEqual([
      `acm-certificate:${ARN}`,
      "a chain",
      "a key",
    ]);
    // though its names would get it one of the authority
    expect(made.secretsOf("VirtualNode/evil/web", foreign)).toEqual([]);
    meant.set(ARN, { namespaces: [], shown: SHOWN, authorities: undefined });
    expect(made.secretsOf(KEY, SERVER)).toEqual([]);
    expect([started, logged]).toEqual([0, ""]);
  });

  test("is looked up again when it is another one, and gives nothing where there is none", () => {
    meant.set(ARN, { namespaces: ["shop"], shown: undefined, authorities: undefined });
    const made = certificates();
    expect(made.secretsOf(KEY, SERVER)).toEqual([]);
    meant.set(ARN, { namespaces: ["shop"], shown: SHOWN, authorities: undefined });
    meantChanged();
    expect(told).toEqual([KEY]);
    expect(made.secretsOf(KEY, SERVER)).toHaveLength(1);
  });

  test("is trusted by its authorities alone, wherever the client is; beside ARNs of the control plane by both", async () => {
    meant.set("arn:ca", { namespaces: [], shown: SHOWN, authorities: "roots\n" });
    meant.set("arn:broken", { namespaces: [], shown: SHOWN, authorities: undefined });
    const made = certificates();
    expect(text(made.secretsOf(KEY, clientOf("arn:ca"))[0], "trustedCa")).toBe("roots\n");
    expect(made.secretsOf(KEY, clientOf("arn:broken"))).toEqual([]);
    expect(started).toBe(0);
    const [both] = await asked(made, clientOf("arn:ca", "arn:own", "arn:other", "arn:broken"), 1);
    expect(text(both, "trustedCa")).toBe(`roots\n${issuer.certificate}`);
  });
});
