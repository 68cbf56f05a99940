import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type JsonObject, member, stringOf } from "../../../src/model/json.ts";
import { CORPUS_NOTE, HAS_CORPUS } from "../../corpus.ts";
import { type TestAuthority, testAuthority } from "../../envoy/authority.ts";
import { apply, kubectl } from "../kubectl.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { type Answer, calls } from "./calls.ts";
import { gone, howto, started } from "./walkthrough.ts";

const NAMESPACE = "howto-k8s-tls-file-based";
const ONE = { FRONTEND_APP_CERT: "front-ca1-tls", FRONTEND_CERT_CHAIN: "ca_1_cert.pem" };
const BOTH = { FRONTEND_APP_CERT: "front-ca1-ca2-tls", FRONTEND_CERT_CHAIN: "ca_1_ca_2_bundle.pem" };
const MANIFEST = HAS_CORPUS ? howto("tls-file-based", ONE) : [];
const COLORS = ["blue", "green", "red"] as const;
const REFUSED = 503;
const CHANGE_MS = 300_000;
const CONVERGED = { timeout: 120_000, interval: 1_000 };

/** Secrets as its README makes them: blue has its certificate of one authority, green of another. */
async function secrets(): Promise<readonly JsonObject[]> {
  const [first, second] = [await testAuthority(), await testAuthority()];
  return [
    await certificate("blue", first),
    await certificate("green", second),
    secret(ONE.FRONTEND_APP_CERT, { [ONE.FRONTEND_CERT_CHAIN]: first.pem }),
    secret(BOTH.FRONTEND_APP_CERT, { [BOTH.FRONTEND_CERT_CHAIN]: `${first.pem}\n${second.pem}` }),
  ];
}

async function certificate(color: string, authority: TestAuthority): Promise<JsonObject> {
  const { cert, key } = await authority.issue({ type: "dns", value: `color-${color}.${NAMESPACE}.svc.cluster.local` });
  return secret(`colorapp-${color}-tls`, {
    [`colorapp-${color}_cert_chain.pem`]: cert,
    [`colorapp-${color}_key.pem`]: key,
  });
}

function secret(name: string, stringData: Readonly<Record<string, string>>): JsonObject {
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: NAMESPACE }, stringData };
}

describe.skipIf(!HAS_CORPUS)(`howto-k8s-tls-file-based${CORPUS_NOTE}`, () => {
  let namespace: TestNamespace;

  beforeAll(async () => {
    await installed();
    const [first, ...others] = MANIFEST;
    const objects = [...(first === undefined ? [] : [first]), ...(await secrets()), ...others];
    // who takes TLS alone does not answer those who ask from outside of the mesh
    namespace = await started(objects, ["front", "color-red"]);
  });

  afterAll(() => gone(MANIFEST));

  /** What front says of each color. */
  async function answers(): Promise<Readonly<Record<string, Answer>>> {
    const url = `http://front.${namespace.name}.svc.cluster.local:8080/`;
    const list = COLORS.map((color) => ({ url, headers: { color_header: color } }));
    const given = await calls(namespace, "curler", list);
    return Object.fromEntries(COLORS.map((color, index) => [color, given[index] ?? { status: 0, body: "" }]));
  }

  test("front, which trusts one authority, gets blue by TLS, and neither green nor red, which has no TLS", async () => {
    await vi.waitFor(
      async () =>
        expect(await answers()).toMatchObject({
          blue: { status: 200, body: "blue" },
          green: { status: REFUSED },
          red: { status: REFUSED },
        }),
      CONVERGED,
    );
  });

  test(
    "deployed again with both authorities it gets green too",
    async () => {
      const changed = howto("tls-file-based", BOTH).filter(
        ({ kind, metadata }) =>
          stringOf(member(metadata, "name")) === "front" && (kind === "Deployment" || kind === "VirtualNode"),
      );
      expect(changed).toHaveLength(2);
      await apply(...changed);
      await kubectl("rollout", "status", "deployment/front", "--namespace", namespace.name, "--timeout=150s");
      await vi.waitFor(
        async () =>
          expect(await answers()).toMatchObject({
            blue: { status: 200, body: "blue" },
            green: { status: 200, body: "green" },
            red: { status: REFUSED },
          }),
        CONVERGED,
      );
    },
    CHANGE_MS,
  );
});
