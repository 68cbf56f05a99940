import { describe, expect, test } from "vitest";
import { aPod, appmesh, containerOf, injected, volumesOf, withSpec } from "../../../test/pods.ts";
import type { ConfigurationInput } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";
import { secretVolumeName } from "../volume-names.ts";

/** Volumes and Envoy's mounts in a pod without an identity. */
function mountsOf(pod: JsonObject, more: ConfigurationInput = {}) {
  const { pod: patched, result } = injected(pod, { configuration: { ...more, proxy: { controlPlane: "none" } } });
  expect(result.outcome, result.message).toBe("inject");
  return { volumes: volumesOf(patched), mounts: containerOf(patched, "envoy")?.["volumeMounts"] };
}

describe("mounted secrets", () => {
  test("are volumes, each once, mounted read-only in the order of the annotation", () => {
    const pod = aPod(appmesh({ secretMounts: "b:/b, a:/a, b:/again" }));
    expect(mountsOf(pod)).toEqual({
      volumes: [
        { name: "envoy-secret-b", secret: { secretName: "b" } },
        { name: "envoy-secret-a", secret: { secretName: "a" } },
      ],
      mounts: [
        { name: "envoy-secret-b", mountPath: "/b", readOnly: true },
        { name: "envoy-secret-a", mountPath: "/a", readOnly: true },
        { name: "envoy-secret-b", mountPath: "/again", readOnly: true },
      ],
    });
  });

  test("come before mounted volumes, and those before the SDS socket", () => {
    const pod = aPod(
      appmesh({ volumeMounts: "data:/data", secretMounts: "tls:/tls" }),
      withSpec({ volumes: [{ name: "data", emptyDir: {} }] }),
    );
    const socket = "/run/spire/sockets/agent.sock";
    expect(mountsOf(pod, { sds: { enabled: true } })).toEqual({
      volumes: [
        { name: "data", emptyDir: {} },
        { name: "envoy-secret-tls", secret: { secretName: "tls" } },
        { name: "appmesh-sds-socket-volume", hostPath: { path: socket, type: "Socket" } },
      ],
      mounts: [
        { name: "envoy-secret-tls", mountPath: "/tls", readOnly: true },
        { name: "data", mountPath: "/data", readOnly: true },
        { name: "appmesh-sds-socket-volume", mountPath: socket },
      ],
    });
  });

  test("are none where nobody asks", () => {
    expect(mountsOf(aPod())).toEqual({ volumes: [], mounts: undefined });
  });
});

describe("the volume's name for a secret", () => {
  test.each(["tls", "a".repeat(50)])("is the secret's where it fits into a label: %s", (secret) => {
    expect(secretVolumeName(secret)).toBe(`envoy-secret-${secret}`);
  });

  test.each(["tls.ca", "a".repeat(51), "a".repeat(253), `${"a".repeat(40)}-.b`])(
    "is short and a label for %s",
    (secret) => {
      const name = secretVolumeName(secret);
      expect(name).toMatch(/^envoy-secret-[a-z0-9]([-a-z0-9]*[a-z0-9])?-[0-9a-f]{8}$/);
      expect(name.length).toBeLessThanOrEqual(63);
    },
  );

  test("shortens no more than it must", () => {
    expect(secretVolumeName("a".repeat(100))).toHaveLength(63);
    expect(secretVolumeName("tls.ca")).toMatch(/^envoy-secret-tls-ca-[0-9a-f]{8}$/);
  });

  test("differs for secrets that look alike once shortened", () => {
    expect(secretVolumeName("tls.ca")).not.toBe(secretVolumeName("tls-ca"));
    expect(secretVolumeName("tls.ca")).not.toBe(secretVolumeName("tls..ca"));
    expect(secretVolumeName(`${"a".repeat(60)}b`)).not.toBe(secretVolumeName(`${"a".repeat(60)}c`));
  });

  test("does not end its stem with a dash", () => {
    expect(secretVolumeName(`${"a".repeat(40)}.${"b".repeat(40)}`)).toMatch(/^envoy-secret-a{40}-[0-9a-f]{8}$/);
  });
});

describe("the SDS socket's volume", () => {
  const sds = { sds: { enabled: true, udsPath: "/run/agent.sock" } };
  const volume = { name: "appmesh-sds-socket-volume", hostPath: { path: "/run/agent.sock", type: "Socket" } };

  test("that is there already is used", () => {
    expect(mountsOf(aPod(withSpec({ volumes: [volume] })), sds).volumes).toEqual([volume]);
  });

  test("of the same name with another path is a denial", () => {
    const other = { ...volume, hostPath: { path: "/run/other.sock" } };
    expect(injected(aPod(withSpec({ volumes: [other] })), { configuration: sds }).result.reason).toBe(
      "volume-name-taken",
    );
  });

  test("is not there for pods that do not want it", () => {
    expect(mountsOf(aPod(appmesh({ sds: "disabled" })), sds)).toEqual({ volumes: [], mounts: undefined });
  });
});
