import { expect, test } from "vitest";
import { testAuthority } from "../../test/envoy/authority.ts";
import type { JsonObject } from "../model/json.ts";
import { addressesIn, heldResources } from "./config-dump.ts";
import { hasListeners } from "./proxy-answer.ts";
import type { ToldResource } from "./proxy-content.ts";
import { proxyState } from "./proxy-state.ts";

const TYPE = "type.googleapis.com/envoy.admin.v3.";
const dump = (...configs: readonly JsonObject[]): JsonObject => ({ configs });
const plainWords = (_type: string, name: string): string => name;
const told = (type: ToldResource["type"], name: string, version: string): readonly [string, ToldResource] => [
  `${type} ${name}`,
  // what is in it is of no use here, but that it is known
  { type, name, version, resource: {} as never },
];

test.each<[string, JsonObject | string | undefined]>([
  ["nothing", undefined],
  ["a text", "404"],
  ["an object of somebody else", { kind: "Status" }],
])("an answer with %s is none of an Envoy", (_, answer) => {
  expect(heldResources(answer)).toBeUndefined();
});

test("what came over xDS is found, and what stands in the bootstrap is not", () => {
  const held = heldResources(
    dump(
      {
        "@type": `${TYPE}ClustersConfigDump`,
        static_clusters: [{ cluster: { name: "outrigger_admin" } }],
        dynamic_active_clusters: [{ version_info: "1", cluster: { name: "a" } }],
        dynamic_warming_clusters: [{ version_info: "2", cluster: { name: "b" } }],
      },
      {
        "@type": `${TYPE}ListenersConfigDump`,
        static_listeners: [{ listener: { name: "status" } }],
        dynamic_listeners: [
          { name: "in", active_state: { version_info: "3", listener: { name: "in" } }, error_state: { details: "no" } },
          { name: "out", warming_state: { version_info: "4", listener: { name: "out" } } },
          { name: "bad", error_state: { details: "never" } },
        ],
      },
      { "@type": `${TYPE}Unknown`, things: [] },
    ),
  );
  const facts = held?.map(({ type, name, version, isWarming, refusal }) => ({
    type,
    name,
    version,
    isWarming,
    refusal,
  }));
  expect(facts).toEqual([
    { type: "cluster", name: "a", version: "1", isWarming: false, refusal: "" },
    { type: "cluster", name: "b", version: "2", isWarming: true, refusal: "" },
    { type: "listener", name: "in", version: "3", isWarming: false, refusal: "no" },
    { type: "listener", name: "out", version: "4", isWarming: true, refusal: "" },
    { type: "listener", name: "bad", version: "", isWarming: false, refusal: "never" },
  ]);
});

test("each resource stands to what is sent: the same, another, missing, waiting, left over", () => {
  const held = heldResources(
    dump({
      "@type": `${TYPE}ClustersConfigDump`,
      dynamic_active_clusters: [
        { version_info: "1", cluster: { name: "same" } },
        { version_info: "1", cluster: { name: "other" }, error_state: { details: "a field is wrong" } },
        { version_info: "1", cluster: { name: "left" } },
      ],
      dynamic_warming_clusters: [{ version_info: "1", cluster: { name: "waits" } }],
    }),
  );
  const sent = new Map([
    told("cluster", "same", "1"),
    told("cluster", "other", "2"),
    told("cluster", "gone", "1"),
    told("cluster", "waits", "1"),
  ]);
  const states = proxyState(sent, held, plainWords).map(({ name, standing, refusal }) => [name, standing, refusal]);
  expect(states).toEqual([
    ["other", "other", "a field is wrong"],
    ["gone", "missing", ""],
    ["waits", "warming", ""],
    ["left", "left over", ""],
    ["same", "same", ""],
  ]);
  const unasked = proxyState(sent, undefined, plainWords);
  expect(new Set(unasked.map(({ standing }) => standing))).toEqual(new Set(["not known"]));
});

test("of listeners the stream's word counts too, since Envoy names the version of before where it changed one in place", () => {
  const state = (name: string, more: JsonObject = {}): JsonObject => ({
    name,
    active_state: { version_info: "1", listener: { name } },
    ...more,
  });
  const held = heldResources(
    dump({
      "@type": `${TYPE}ListenersConfigDump`,
      dynamic_listeners: [state("in"), state("refused", { error_state: { details: "a field is wrong" } })],
    }),
  );
  const sent = new Map([told("listener", "in", "2"), told("listener", "refused", "2"), told("listener", "gone", "2")]);
  const standings = (has: boolean) =>
    Object.fromEntries(proxyState(sent, held, plainWords, has).map(({ name, standing }) => [name, standing]));
  expect(standings(true)).toEqual({ in: "same", refused: "other", gone: "missing" });
  expect(standings(false)).toEqual({ in: "other", refused: "other", gone: "missing" });
});

test.each<[string, boolean, Parameters<typeof hasListeners>[0]]>([
  ["it acknowledged all", true, { behind: null, types: { listener: { accepted: "1", waiting: false, frozen: [] } } }],
  [
    "a response is on its way",
    false,
    { behind: null, types: { listener: { accepted: "1", waiting: true, frozen: [] } } },
  ],
  ["it rejects one", false, { behind: null, types: { listener: { accepted: "1", waiting: false, frozen: [{}] } } }],
  ["it has accepted none", false, { behind: null, types: { listener: { accepted: "", waiting: false, frozen: [] } } }],
  ["it never asked", false, { behind: null, types: {} }],
  ["it is not connected", false, "none"],
  ["nobody could be asked", false, "unknown"],
])("a stream has the listeners: %s, %s", (_, expected, stream) => {
  expect(hasListeners(stream)).toBe(expected);
});

test("of a secret there is who it is for and until when, and nothing that is secret", async () => {
  const authority = await testAuthority();
  const { cert: certificate, key } = await authority.issue({ type: "dns", value: "web.shop" });
  const secret = (name: string, how: JsonObject): JsonObject => ({ name, version_info: "1", secret: { name, ...how } });
  const inline = (text: string): JsonObject => ({ inline_bytes: Buffer.from(text).toString("base64") });
  const held = heldResources(
    dump({
      "@type": `${TYPE}SecretsConfigDump`,
      dynamic_active_secrets: [
        secret("acm-certificate:a", {
          tls_certificate: { certificate_chain: inline(certificate), private_key: inline(key) },
        }),
        secret("file-trust:/x", { validation_context: { trusted_ca: { filename: "/x" } } }),
        // of the bootstrap, which nobody sends
        secret("token", { generic_secret: { secret: inline("very secret") } }),
      ],
    }),
  );
  const sent = new Map([told("secret", "acm-certificate:a", "1"), told("secret", "file-trust:/x", "1")]);
  const shown = proxyState(sent, held, plainWords);
  expect(shown.map(({ name }) => name)).toEqual(["acm-certificate:a", "file-trust:/x"]);
  expect(shown[0]?.details[0]).toMatch(/web\.shop; until 20\d\d-/);
  expect(shown[1]?.details).toEqual(["file /x"]);
  const text = JSON.stringify(shown);
  expect(text).not.toContain("PRIVATE");
  expect(text).not.toContain(Buffer.from(key).toString("base64").slice(0, 60));
});

test("addresses are shown with the health that is not the best", () => {
  const at = (address: string, port: number, health?: string): JsonObject => ({
    endpoint: { address: { socket_address: { address, port_value: port } } },
    ...(health !== undefined && { health_status: health }),
  });
  const endpoints = [{ lb_endpoints: [at("10.1.0.7", 80), at("fd00::1", 80, "UNHEALTHY")] }];
  expect(addressesIn({ endpoints })).toEqual(["10.1.0.7:80", "[fd00::1]:80 unhealthy"]);
});
