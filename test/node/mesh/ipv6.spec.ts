import { isIPv6 } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { IpPreference } from "../../../src/model/field-types.ts";
import { type JsonObject, member, objectOf, stringOf } from "../../../src/model/json.ts";
import { PORTS } from "../../../src/model/names.ts";
import { CORPUS_NOTE, HAS_CORPUS, walkthroughObjects } from "../../corpus.ts";
import { FAMILIES } from "../families.ts";
import { apply } from "../kubectl.ts";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { installed } from "../sidecar/installed.ts";
import { calls } from "./calls.ts";
import { APP_IMAGE, gone, started } from "./walkthrough.ts";

/*
 * Both variants of the walkthrough, in whose mesh IPv6 alone is used, on a node with both families. Some of its nodes have a preference of
 * their own.
 */

const HAS_IPV6 = FAMILIES.includes("ipv6");
const IPV6_NOTE = HAS_IPV6 ? "" : " (skipped: this kernel has no IPv6)";
const CONVERGED = { timeout: 120_000, interval: 500 };
const FOLDERS = { dns: "dns", cloudMap: "cloud" } as const;
type Variant = keyof typeof FOLDERS;

/** Of each color its preference, undefined: that of the mesh. */
const PREFERENCES: Readonly<Record<Variant, Readonly<Record<string, IpPreference | undefined>>>> = {
  dns: { red: "IPv4_ONLY", blue: "IPv6_ONLY", green: "IPv4_PREFERRED", yellow: "IPv6_PREFERRED", white: undefined },
  cloudMap: { red: "IPv4_ONLY", blue: "IPv6_PREFERRED", green: undefined },
};
type Called = "IPv4" | "IPv6" | "both" | "nobody";
/** Who is called from outside. */
const FRONTS = { dns: "front", cloudMap: "client" } as const;
/** Services of colors, whose first family is the one that they keep in the end: the one that their node does not prefer. */
const FAMILIES_OF: Readonly<Record<string, readonly string[]>> = {
  "color-red": ["IPv6", "IPv4"],
  "color-blue": ["IPv4", "IPv6"],
  "color-green": ["IPv6", "IPv4"],
  "color-yellow": ["IPv4", "IPv6"],
  "color-white": ["IPv6", "IPv4"],
};

function manifest(variant: Variant): readonly JsonObject[] {
  const name = `howto-k8s-ipv6-${FOLDERS[variant]}`;
  return walkthroughObjects(`ipv6/v1beta2/${FOLDERS[variant]}/manifest.yaml.template`, {
    APP_NAMESPACE: name,
    MESH_NAME: name,
    CLOUDMAP_NAMESPACE: `${name}.pvt.aws.local`,
    FRONT_APP_IMAGE: APP_IMAGE,
    CLIENT_APP_IMAGE: APP_IMAGE,
    COLOR_APP_IMAGE: APP_IMAGE,
  }).map((object) => preferring(variant, object));
}

/** As the controller of an IPv6 cluster made the Mesh, and its API server the Services. */
function preferring(variant: Variant, object: JsonObject): JsonObject {
  const name = stringOf(member(object.metadata, "name")) ?? "";
  const spec = objectOf(object.spec);
  if (object.kind === "Mesh")
    return { ...object, spec: { ...spec, meshServiceDiscovery: { ipPreference: "IPv6_ONLY" } } };
  if (object.kind === "Service") {
    const ipFamilies = FAMILIES_OF[name] ?? ["IPv6"];
    const ipFamilyPolicy = ipFamilies.length === 2 ? "RequireDualStack" : "SingleStack";
    return { ...object, spec: { ...spec, ipFamilies: [...ipFamilies], ipFamilyPolicy } };
  }
  if (object.kind !== "VirtualNode" || !(name in PREFERENCES[variant])) return object;
  const ipPreference = PREFERENCES[variant][name];
  const kind = variant === "dns" ? "dns" : "awsCloudMap";
  const discovery = { ...objectOf(member(spec.serviceDiscovery, kind)), ...(ipPreference && { ipPreference }) };
  return { ...object, spec: { ...spec, serviceDiscovery: { [kind]: discovery } } };
}

const MANIFESTS: readonly (readonly JsonObject[])[] = HAS_CORPUS ? [manifest("dns"), manifest("cloudMap")] : [];

describe.skipIf(!HAS_CORPUS || !HAS_IPV6)(`howto-k8s-ipv6${CORPUS_NOTE}${IPV6_NOTE}`, () => {
  let namespaces: readonly TestNamespace[];

  beforeAll(async () => {
    await installed();
    namespaces = await Promise.all(MANIFESTS.map((objects) => started(objects, ["front", "client"])));
  });

  afterAll(async () => {
    await Promise.all(MANIFESTS.map((objects) => gone(objects)));
  });

  const namespaceOf = (variant: Variant): TestNamespace => {
    const found = namespaces[variant === "dns" ? 0 : 1];
    if (found === undefined) throw new Error(`${variant} is not there`);
    return found;
  };

  /** The family of the addresses at which the front's Envoy calls each color; and those that have one answer, and no other. */
  async function calledOver(variant: Variant): Promise<Readonly<Record<string, Called>>> {
    const namespace = namespaceOf(variant);
    const colors = Object.keys(PREFERENCES[variant]);
    const front = FRONTS[variant];
    const url = `http://${front}.${namespace.name}.svc.cluster.local:8080/color`;
    const before = await hosts(namespace, front);
    const answers = await calls(
      namespace,
      "curler",
      Array.from({ length: 12 * colors.length }, () => ({ url })),
    );
    const after = await hosts(namespace, front);
    const answered = new Set(answers.map(({ status, body }) => (status === 200 ? body : "nobody")));
    const families = colors.map((color): [string, Called] => {
      const called = after.filter(
        (host) => host.color === color && host.requests > (before.find(({ id }) => id === host.id)?.requests ?? 0),
      );
      const [family = "nobody", ...others] = new Set(called.map(({ address }) => (isIPv6(address) ? "IPv6" : "IPv4")));
      return [color, others.length === 0 ? family : "both"];
    });
    const reached = families.map(([color, family]) => (family === "nobody" ? "nobody" : color));
    expect(answered).toEqual(new Set(reached));
    return Object.fromEntries(families);
  }

  interface Host {
    readonly id: string;
    readonly color: string;
    readonly address: string;
    /** That were sent to it since it is known. */
    readonly requests: number;
  }

  /** Who the Envoy of the front's pod may call. */
  async function hosts(namespace: TestNamespace, front: string): Promise<readonly Host[]> {
    const script = `process.stdout.write(await (await fetch("http://127.0.0.1:${PORTS.admin}/clusters")).text());`;
    const text = await namespace.run(`deployment/${front}`, script);
    const line = /^(cds_egress_[^:]*?_([a-z]+)_howto[^:]*)::\[?([^\]\s]+?)\]?:8080::rq_total::(\d+)$/gm;
    return [...text.matchAll(line)].map(([, cluster = "", color = "", address = "", requests]) => ({
      id: `${cluster} ${address}`,
      color,
      address,
      requests: Number(requests),
    }));
  }

  test("each color is called over the family that its preference names, else over the mesh's", async () => {
    await vi.waitFor(async () => {
      expect(await calledOver("dns")).toEqual({
        red: "IPv4",
        blue: "IPv6",
        green: "IPv4",
        yellow: "IPv6",
        white: "IPv6",
      });
    }, CONVERGED);
    await vi.waitFor(async () => {
      expect(await calledOver("cloudMap")).toEqual({ red: "IPv4", blue: "IPv6", green: "IPv6" });
    }, CONVERGED);
  });

  test("a preference takes the other family where a name has that alone, and with an only one nobody is called", async () => {
    const namespace = namespaceOf("dns");
    const single = JSON.stringify({ spec: { ipFamilyPolicy: "SingleStack" } });
    for (const service of Object.keys(FAMILIES_OF))
      await namespace.kubectl("patch", "service", service, `--patch=${single}`);
    // white's name has no such address; who loses the last address of a name is called there as before, by Envoy's own rule
    for (const [node, ipPreference] of [
      ["red", "IPv6_ONLY"],
      ["blue", "IPv4_ONLY"],
      ["white", "IPv4_ONLY"],
    ]) {
      const patch = JSON.stringify({ spec: { serviceDiscovery: { dns: { ipPreference } } } });
      await namespace.kubectl("patch", "virtualnodes.appmesh.k8s.aws", node ?? "", "--type=merge", `--patch=${patch}`);
    }
    const families = { red: "IPv6", blue: "IPv4", green: "IPv6", yellow: "IPv4", white: "nobody" };
    await vi.waitFor(async () => expect(await calledOver("dns")).toEqual(families), CONVERGED);
  });

  test("another preference of the mesh moves the nodes that have none of their own", async () => {
    const objects = MANIFESTS[1] ?? [];
    const mesh = objects.find(({ kind }) => kind === "Mesh") ?? {};
    await apply({ ...mesh, spec: { ...objectOf(mesh.spec), meshServiceDiscovery: { ipPreference: "IPv4_ONLY" } } });
    await vi.waitFor(async () => {
      expect(await calledOver("cloudMap")).toEqual({ red: "IPv4", blue: "IPv6", green: "IPv4" });
    }, CONVERGED);
  });
});
