import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import { clone } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PLAIN_TRAITS } from "../../../src/model/proxy-traits.ts";
import { encodeResource } from "../../../src/xds/encode/encode-resource.ts";
import { resourceOf } from "../../../src/xds/encode/resource.ts";
import { ListenerSchema } from "../../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import type { EncodedResource } from "../../../src/xds/serve/resource.ts";
import { snapshotOf } from "../../../src/xds/serve/snapshot.ts";
import { INGRESS_LISTENER } from "../../../src/xds/translate/names.ts";
import { translateNode } from "../../../src/xds/translate/node.ts";
import { TYPES } from "../../../src/xds/types.ts";
import { freePort } from "../../../testbed/process/free-port.ts";
import { listenerView, nodeView } from "../../mesh-views.ts";
import { edsCluster, endpoints } from "../../xds-content.ts";
import { type TestXds, testXds } from "../../xds-harness.ts";
import { eventually } from "../envoy-process.ts";
import { type AdsEnvoy, adsEnvoy, listens } from "./ads-envoy.ts";

/* A pod that is about to end, seen by those who call it: its listener stands on the very port that is called, so that nothing has to be captured. */

let xds: TestXds;
let envoy: AdsEnvoy;
let port: number;
let app: Server;
let kept: Agent;

beforeEach(async () => {
  port = await freePort();
  kept = new Agent({ keepAlive: true, maxSockets: 1 });
  // `/slow` begins its answer at once, and ends it when the next request is there
  const slow: (() => void)[] = [];
  app = createServer((asked, answer) => {
    answer.write("a");
    if (asked.url === "/slow") slow.push(() => void answer.end("b"));
    else {
      for (const finish of slow.splice(0)) finish();
      answer.end("b");
    }
  }).listen(0, "127.0.0.1");
  await once(app, "listening");
  xds = await testXds();
  await xds.serve(content(false));
  envoy = await adsEnvoy({ protocol: "delta", port: xds.server.address.port, trust: xds.authority.pem, token: "web" });
  await listens(envoy, 1);
});

afterEach(async () => {
  kept.destroy();
  await envoy.stop();
  await xds.stop();
  app.close();
});

function content(leaving: boolean) {
  const view = nodeView({ listeners: [listenerView({ port })], services: [], targets: [] });
  const made = translateNode(view, { ...PLAIN_TRAITS, directions: "separate", leaving }, { domain: "cluster.local" });
  return snapshotOf(
    made.flatMap((one): EncodedResource[] => {
      if (one.type === TYPES.route) return [encodeResource(one)];
      if (one.type === TYPES.cluster) {
        const isApp = one.name.startsWith("cds_ingress_");
        return isApp ? [edsCluster(one.name), endpoints(one.name, appPort())] : [encodeResource(one)];
      }
      if (one.name !== INGRESS_LISTENER || one.type !== TYPES.listener) return [];
      const listener = clone(ListenerSchema, one.message);
      const { address } = listener.address ?? {};
      if (address?.case === "socketAddress") address.value.portSpecifier = { case: "portValue", value: port };
      return [encodeResource(resourceOf(listener))];
    }),
  );
}

function appPort(): number {
  const address = app.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function leaves(): Promise<void> {
  await xds.serve(content(true));
  const updates = "listener_manager.listener_in_place_updated";
  await eventually(
    () => envoy.stats(updates),
    (stats) => stats[updates] === 1,
  );
  // its thread takes it up after it is counted
  await listens(envoy, 2);
}

async function begun(path: string, agent: Agent | false): Promise<IncomingMessage> {
  const asked = request({ host: "127.0.0.1", port, path, agent }).end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return answer;
}

async function ended(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of answer.setEncoding("utf8")) text += String(piece);
  return text;
}

async function call(agent: Agent): Promise<string | undefined> {
  const answer = await begun("/", agent);
  expect([answer.statusCode, await ended(answer)]).toEqual([200, "ab"]);
  return answer.headers.connection;
}

test("a kept connection is asked to go with the next answer, and everything is answered meanwhile", async () => {
  expect([await call(kept), await call(kept)]).toEqual([undefined, undefined]);
  await leaves();
  expect(await call(kept)).toBe("close");
  // who comes even now, not having heard that the pod goes, is answered once
  const late = new Agent({ keepAlive: true });
  expect(await call(late)).toBe("close");
  late.destroy();
});

test("an answer that has begun comes to its end", async () => {
  const slow = await begun("/slow", kept);
  await leaves();
  const other = new Agent();
  await call(other);
  expect(await ended(slow)).toBe("ab");
});
