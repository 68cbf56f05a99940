import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { PORTS } from "../../src/model/names.ts";
import { ask } from "./ask.ts";
import { type TestAuthority, testAuthority } from "./authority.ts";
import { type ControlPlaneStub, controlPlaneStub, type SeenStream } from "./control-plane-stub.ts";
import { configYaml, eventually, type RunningEnvoy, sidecarPorts, startEnvoy } from "./envoy-process.ts";
import { type IdentityFolder, identityFolder } from "./identity-folder.ts";
import { LOOPBACK_POD } from "./kubelet-expansion.ts";
import { PLAIN_SPEC } from "./plain-spec.ts";

/* Who the proxy says it is to the control plane, whom it believes to be the control plane, and both after a rotation. */

let authority: TestAuthority;
let stub: ControlPlaneStub;
let folder: IdentityFolder;
let ports: ReadonlyMap<number, number>;
let envoy: RunningEnvoy | undefined;

beforeEach(async () => {
  authority = await testAuthority();
  stub = await controlPlaneStub(await authority.issue({ type: "dns", value: "localhost" }));
  folder = await identityFolder({ token: "first.token", trust: authority.pem });
  ports = await sidecarPorts();
});

afterEach(async () => {
  await envoy?.stop();
  envoy = undefined;
  await stub.close();
  await folder.remove();
});

async function start(address = "localhost"): Promise<RunningEnvoy> {
  envoy = await startEnvoy(configYaml(specFor(address), { pod: LOOPBACK_POD, ports, identity: folder.path }));
  return envoy;
}

/** Waits for a stream after the ones that were there already. */
function nextStream(satisfied: (stream: SeenStream) => boolean = () => true): Promise<SeenStream> {
  const before = stub.streams.length;
  const find = async (): Promise<SeenStream | undefined> => stub.streams.slice(before).find(satisfied);
  return eventually(find, (found) => found !== undefined) as Promise<SeenStream>;
}

describe("the stream to the control plane", () => {
  test("is delta ADS over TLS with the pod's token and the node's name", async () => {
    await start();
    const stream = await nextStream();
    expect(stream.path).toBe("/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources");
    expect(stream.authorization).toBe("Bearer first.token");
    expect(stream.serverName).toBe("localhost");
    for (const text of ["mesh/shop/virtualNode/cart-node", LOOPBACK_POD.OUTRIGGER_POD_UID]) {
      expect(stream.firstMessage).toContain(text);
    }
  });

  test("goes to an address without a server name, when the certificate carries that address", async () => {
    stub.present(await authority.issue({ type: "ip", value: "127.0.0.1" }));
    await start("127.0.0.1");
    expect((await nextStream()).serverName).toBeUndefined();
  });

  test("has the new token after a rotation, without a restart", async () => {
    await start();
    await nextStream();
    await folder.replace({ token: "second.token", trust: authority.pem });
    expect((await nextStream(({ authorization }) => authorization !== "Bearer first.token")).authorization).toBe(
      "Bearer second.token",
    );
  });

  test("is made to a server of a new root after a rotation, without a restart", async () => {
    await start();
    await nextStream();
    const next = await testAuthority();
    stub.present(await next.issue({ type: "dns", value: "localhost" }));
    await eventually(
      async () => stub.refusals.length,
      (count) => count > 0,
    );
    const accepted = stub.streams.length;
    await folder.replace({ token: "first.token", trust: `${authority.pem}\n${next.pem}\n` });
    await nextStream();
    expect(stub.streams.length).toBeGreaterThan(accepted);
  });
});

describe("no stream, and no token, goes to a server", () => {
  test("of another root", async () => {
    stub.present(await (await testAuthority()).issue({ type: "dns", value: "localhost" }));
    await expectRefusal();
  });

  test("of the right root with another name", async () => {
    stub.present(await authority.issue({ type: "dns", value: "other.example" }));
    await expectRefusal();
  });

  async function expectRefusal(): Promise<void> {
    await start();
    await eventually(
      async () => stub.refusals.length,
      (count) => count >= 2,
    );
    expect(stub.streams).toEqual([]);
  }
});

test("a proxy that never had its configuration is not ready, rather than ready without listeners", async () => {
  await start();
  await nextStream();
  await nextStream();
  const admin = { host: "127.0.0.1", port: ports.get(PORTS.admin) as number };
  expect((await ask({ ...admin, path: "/ready" })).status).toBe(503);
  await expect(ask({ ...admin, port: ports.get(PORTS.status) as number, path: "/ready" })).rejects.toThrow(
    "ECONNREFUSED",
  );
});

function specFor(address: string): BootstrapSpec {
  return { ...PLAIN_SPEC, controlPlane: { kind: "ads", address, port: stub.port } };
}
