import { describe, expect, test } from "vitest";
import type { JsonObject } from "./json.ts";
import { RECORD_KEY } from "./names.ts";
import { unreadySidecar } from "./sidecar-start.ts";

const AT = "2026-11-28T10:00:00Z";
const EARLIER = "2026-11-28T09:57:00Z";

const running = { running: { startedAt: AT } };
const killed = { terminated: { exitCode: 137, reason: "Error", startedAt: EARLIER, finishedAt: AT } };
const crashing = { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } };
const captured: JsonObject = { name: "proxyinit", ready: true, state: { terminated: { exitCode: 0 } } };

function pod(statuses: readonly JsonObject[], change: JsonObject = {}): JsonObject {
  return {
    metadata: { annotations: { [RECORD_KEY]: "{}" } },
    status: { phase: "Pending", initContainerStatuses: [...statuses] },
    ...change,
  };
}

describe("a sidecar is not ready", () => {
  test.each<[string, JsonObject[], string, string | undefined]>([
    [
      "while Envoy runs without its configuration",
      [captured, { name: "envoy", ready: false, state: running }],
      "Envoy runs but has no configuration, since it has not reached the control plane or was refused by it",
      AT,
    ],
    [
      "while Envoy is started again and again, since the one before",
      [captured, { name: "envoy", ready: false, restartCount: 3, state: running, lastState: killed }],
      "Envoy runs but has no configuration, since it has not reached the control plane or was refused by it; the one before it ended with exit code 137 (Error)",
      EARLIER,
    ],
    [
      "while Envoy crashes",
      [captured, { name: "envoy", ready: false, state: crashing, lastState: killed }],
      "envoy fails, exit code 137 (Error)",
      EARLIER,
    ],
    [
      "however lately it was, once Envoy has crashed twice",
      [captured, { name: "envoy", ready: false, restartCount: 2, state: crashing, lastState: killed }],
      "envoy fails, exit code 137 (Error)",
      undefined,
    ],
    ...[134, 139].map((exitCode): [string, JsonObject[], string, string] => [
      `for want of inotify instances as likely as not: code ${exitCode}`,
      [captured, { name: "envoy", ready: false, state: { terminated: { exitCode, startedAt: EARLIER } } }],
      `envoy fails, exit code ${exitCode}: an Envoy ends so at its start where the node's fs.inotify.max_user_instances is used up, of which each sidecar needs four`,
      EARLIER,
    ]),
    [
      "when its image cannot be pulled",
      [
        captured,
        { name: "envoy", ready: false, state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
      ],
      "envoy waits, ImagePullBackOff (no such image)",
      undefined,
    ],
    [
      "while the proxyinit behind it waits for it",
      [
        { name: "envoy", ready: false, started: true, state: running },
        { name: "proxyinit", ready: false, state: running },
      ],
      "Envoy runs but has no configuration, since it has not reached the control plane or was refused by it",
      AT,
    ],
    [
      "when the image of the proxyinit behind it cannot be pulled",
      [
        { name: "envoy", ready: true, started: true, state: running },
        { name: "proxyinit", ready: false, state: { waiting: { reason: "ErrImagePull", message: "no such image" } } },
      ],
      "proxyinit waits, ErrImagePull (no such image)",
      undefined,
    ],
    [
      "when the rules cannot be written",
      [
        {
          name: "proxyinit",
          ready: false,
          state: crashing,
          lastState: { terminated: { exitCode: 1, startedAt: EARLIER } },
        },
      ],
      "proxyinit fails, exit code 1",
      EARLIER,
    ],
  ])("%s", (_, statuses, why, since) => {
    const expected = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
    expect(unreadySidecar(pod(statuses))).toEqual({ since: expected, why });
  });

  test("in the place of an ordinary container too", () => {
    const status = { phase: "Running", containerStatuses: [{ name: "envoy", ready: false, state: running }] };
    expect(unreadySidecar(pod([], { status }))?.since).toBe(Date.parse(AT));
  });
});

describe("there is nothing to say of", () => {
  const waiting = (reason: string): JsonObject => ({ name: "envoy", ready: false, state: { waiting: { reason } } });

  test.each<[string, JsonObject]>([
    ["a ready one", pod([captured, { name: "envoy", ready: true, state: running }])],
    [
      "one that waits for the container before it",
      pod([{ name: "proxyinit", state: running }, waiting("PodInitializing")]),
    ],
    [
      "one that is ready while the proxyinit behind it redirects",
      pod([
        { name: "envoy", ready: true, state: running },
        { name: "proxyinit", ready: false, state: running },
      ]),
    ],
    ["one whose image is on its way", pod([captured, waiting("ContainerCreating")])],
    ["a pod that is not scheduled yet", pod([])],
    ["a pod without a sidecar of ours", pod([{ name: "envoy", ready: false, state: running }], { metadata: {} })],
    [
      "a pod that ends",
      {
        ...pod([{ name: "envoy", ready: false, state: running }]),
        metadata: { annotations: { [RECORD_KEY]: "{}" }, deletionTimestamp: AT },
      },
    ],
    [
      "a pod that has ended",
      pod([], { status: { phase: "Succeeded", initContainerStatuses: [{ name: "envoy", state: killed }] } }),
    ],
  ])("%s", (_, subject) => {
    expect(unreadySidecar(subject)).toBeUndefined();
  });
});
