import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KubeClient, KubeWrite } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { ObjectCache } from "../../kube/object-cache.ts";
import type { Watched } from "../../kube/watched.ts";
import { KINDS, type Kind } from "../../model/kinds.ts";
import { type Leaving, leavingObject, OLD_FINALIZERS } from "../../model/old-finalizers.ts";
import { processLog } from "../../serving/log.ts";
import { WRITE_LIMITS } from "./limits.ts";
import { releaseObjects } from "./release-objects.ts";

/* The clock is the test's: what an API server makes of the writes is in test/api/old-finalizers.spec.ts. */

const MESSAGE = "PATCH /apis/x: status 409 Conflict";

let writes: KubeWrite[];
let answer: () => void;
let isRunning: boolean;
let tell: (kind: Kind, name: string, finalizers: readonly string[] | undefined) => void;
let leaving: Record<Kind, Watched<Leaving>>;
let ending: AbortController;
let ended: Promise<void> | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  [writes, answer, isRunning, ended] = [[], () => undefined, false, undefined];
  ending = new AbortController();
  const caches = Object.fromEntries(KINDS.map((kind) => [kind, new Map<string, Leaving>()])) as Record<
    Kind,
    Map<string, Leaving>
  >;
  const listeners = new Map<Kind, (change: never) => void>();
  leaving = Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      {
        cache: {
          get: (_: string, name: string) => caches[kind].get(name),
          all: () => caches[kind].values(),
        } as unknown as ObjectCache<Leaving>,
        onChange: (listener: (change: never) => void) => listeners.set(kind, listener),
      } as unknown as Watched<Leaving>,
    ]),
  ) as typeof leaving;
  tell = (kind, name, finalizers) => {
    const namespace = kind === "Mesh" ? "" : "shop";
    const metadata = {
      name,
      namespace,
      uid: "u",
      resourceVersion: "7",
      deletionTimestamp: "now",
      finalizers: [...(finalizers ?? [])],
    };
    const after = leavingObject({ metadata });
    if (finalizers === undefined) caches[kind].delete(name);
    else caches[kind].set(name, after);
    listeners.get(kind)?.({ namespace, name, after: finalizers && after } as never);
  };
});

afterEach(async () => {
  ending.abort();
  await ended;
  vi.useRealTimers();
});

function start(): void {
  const client = {
    send: async (write: KubeWrite) => {
      writes.push(write);
      answer();
      return {};
    },
  } as unknown as KubeClient;
  const { log } = processLog("silent", { write: () => {} });
  ended = releaseObjects({ client, leaving, isControllerRunning: async () => isRunning, log }, ending.signal);
}

const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const paths = () => writes.map(({ path }) => path.replace(/\?.*/, "").replace("/apis/appmesh.k8s.aws/v1beta2/", ""));

test("lets go what was deleted before it came, and what is deleted then, with the finalizers of others left", async () => {
  tell("Mesh", "main", OLD_FINALIZERS);
  start();
  await wait(0);
  expect(paths()).toEqual(["meshes/main"]);
  tell("VirtualNode", "web", [OLD_FINALIZERS[2], "example.com/mine"]);
  await wait(0);
  expect(paths()).toEqual(["meshes/main", "namespaces/shop/virtualnodes/web"]);
  expect(writes[1]).toMatchObject({
    body: { metadata: { uid: "u", resourceVersion: "7", finalizers: ["example.com/mine"] } },
  });
});

test("writes nothing where only others hold an object, or where it is gone meanwhile", async () => {
  start();
  tell("Mesh", "main", ["example.com/mine"]);
  tell("VirtualNode", "web", OLD_FINALIZERS);
  tell("VirtualNode", "web", undefined);
  await wait(WRITE_LIMITS.controllerAge);
  expect(writes).toEqual([]);
});

test("waits while App Mesh's own controller runs", async () => {
  isRunning = true;
  tell("Mesh", "main", OLD_FINALIZERS);
  start();
  await wait(WRITE_LIMITS.controllerAge - 1);
  isRunning = false;
  expect(writes).toEqual([]);
  await wait(1);
  expect(paths()).toEqual(["meshes/main"]);
});

test("looks again where the object was changed meanwhile", async () => {
  answer = () => {
    answer = () => undefined;
    throw new KubeError("status", MESSAGE, { status: 409 });
  };
  tell("Mesh", "main", OLD_FINALIZERS);
  start();
  await wait(0);
  expect(writes).toHaveLength(1);
  await wait(WRITE_LIMITS.quiet);
  expect(writes).toHaveLength(2);
});

test("is content where somebody else was faster", async () => {
  answer = () => {
    throw new KubeError("status", "status 404", { status: 404 });
  };
  tell("Mesh", "main", OLD_FINALIZERS);
  start();
  await wait(WRITE_LIMITS.controllerAge);
  expect(writes).toHaveLength(1);
});

test("tries again where the API server refuses, as it does while a webhook of the controller is there", async () => {
  answer = () => {
    throw new KubeError("status", "status 500: failed calling webhook", { status: 500 });
  };
  tell("Mesh", "main", OLD_FINALIZERS);
  start();
  await wait(0);
  expect(writes).toHaveLength(1);
  answer = () => undefined;
  await wait(60_000);
  expect(writes).toHaveLength(2);
});
