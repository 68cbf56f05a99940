import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Around } from "../../../src/answers/explain-request/around.ts";
import { explainRequest } from "../../../src/answers/explain-request/explain-request.ts";
import type { RequestExplanation, TlsStep } from "../../../src/answers/explain-request/explanation.ts";
import type { SentRequest } from "../../../src/answers/explain-request/sent-request.ts";
import type { CertificateView, ValidationView } from "../../../src/graph/tls-view.ts";
import { freePorts } from "../../../testbed/process/free-port.ts";
import { meshOf } from "../../translated-manifest.ts";
import { testAuthority } from "../authority.ts";
import { chance } from "./chaos/random.ts";
import { type BothEndsApps, bothEndsApps } from "./explain-request/both-ends-apps.ts";
import {
  addressOfService,
  hostOfService,
  type NodePorts,
  PROTOCOLS,
  type Protocol,
} from "./explain-request/both-ends-mesh.ts";
import { capturedCall } from "./explain-request/captured-calls.ts";
import { hostOfNode } from "./explain-request/random-mesh.ts";
import { CERTIFICATES, SERVICES, TRUSTED, tlsMesh } from "./explain-request/tls-mesh.ts";
import { type Sidecars, sidecars } from "./sidecars.ts";
import { type TlsFiles, tlsFiles } from "./tls-files.ts";

/*
 * What is explained of TLS, against what real Envoys of both ends do: each service of a caller with a policy of its own at each listener of the
 * node that it leads to. What files hold is known here alone. EXPLAIN_SEEDS=1,2,3 runs other meshes than the standard ones.
 */

const SEEDS = (process.env["EXPLAIN_SEEDS"] ?? "1,2").split(",").map(Number);
/** Calls at a time. */
const AT_ONCE = 16;
const GROUPS = 4;

describe.each(SEEDS)("the mesh of seed %i", (seed) => {
  const random = chance(seed);
  let captured: number;
  let groups: readonly NodePorts[];
  let files: TlsFiles;
  let mesh: Sidecars;
  let apps: BothEndsApps;
  let around: Around;

  beforeAll(async () => {
    const [first = 0, outside = 0, ...others] = await freePorts(2 + 4 * GROUPS);
    captured = first;
    groups = Array.from({ length: GROUPS }, (_, index): NodePorts => {
      const [http = 0, http2 = 0, grpc = 0, tcp = 0] = others.slice(4 * index);
      return { http, http2, grpc, tcp };
    });
    files = await tlsFiles();
    await writeFiles(files);
    const manifest = tlsMesh(groups, files.at, random);
    apps = await bothEndsApps(groups, outside);
    const takes = (own: readonly NodePorts[], address: string) => ({
      takes: own.flatMap((ports) => Object.values(ports).map((port) => [address, port] as const)),
    });
    mesh = await sidecars(manifest, {
      hosts: { [hostOfNode(0)]: ["127.0.0.41"], [hostOfNode(1)]: ["127.0.0.42"] },
      sidecars: {
        front: { captured: ["127.0.0.1", captured] },
        n0: takes(groups.slice(0, 2), "127.0.0.41"),
        n1: takes(groups.slice(2), "127.0.0.42"),
      },
      outside,
    });
    const { graph, registry } = meshOf(manifest);
    const services = registry.services();
    around = { graph, services, clusterDomain: "cluster.local", knows: "files", membersOf: () => undefined };
  }, 180_000);

  afterAll(async () => {
    await mesh?.stop();
    await apps?.stop();
    await files?.remove();
  });

  test("who is answered", async () => {
    const calls = SERVICES.flatMap((name, index) =>
      (index % 2 === 0 ? groups.slice(0, 2) : groups.slice(2)).flatMap((ports) =>
        PROTOCOLS.map((protocol) => ({ name, index, protocol, port: ports[protocol] })),
      ),
    );
    const found = new Set<string>();
    for (let done = 0; done < calls.length; done += AT_ONCE) {
      await Promise.all(calls.slice(done, done + AT_ONCE).map(async (call) => void found.add(await check(call))));
    }
    expect(found).toEqual(new Set(["good", "bad files", "never"]));
  }, 300_000);

  interface Call {
    readonly name: string;
    readonly index: number;
    readonly protocol: Protocol;
    readonly port: number;
  }

  /** Returns how both sides get on. */
  async function check({ name, index, protocol, port }: Call): Promise<string> {
    const sent = sentTo(name, index, protocol, port);
    const { outcome, targets } = explained(sent);
    const [target] = targets;
    const found = target === undefined ? "never" : understanding(target.tls);
    const address = addressOfService(index);
    const { status } = await capturedCall(captured, { address, port }, sent, "http/1.1");
    const isTcp = protocol === "tcp";
    const [refused, said] = isTcp ? [0, "closed"] : [503, "status"];
    const shown = { name, protocol, tls: target?.tls, problem: target?.problem };
    expect({ ...shown, status, said: outcome.kind }).toEqual({
      ...shown,
      status: found === "good" ? 200 : refused,
      // what only files could tell is not said
      said: found === "never" ? said : "answered",
    });
    return found;
  }

  function explained(sent: SentRequest): RequestExplanation {
    const object = { kind: "VirtualNode", namespace: "shop", name: "front" } as const;
    const past = { ignoredPorts: [], ignoredIps: [] };
    const caller = { workload: undefined, namespace: "shop", proxy: { kind: "member", object, past } } as const;
    return explainRequest(sent, caller, around);
  }
});

function sentTo(name: string, index: number, protocol: Protocol, port: number): SentRequest {
  const host = addressOfService(index);
  if (protocol === "tcp") return { kind: "tcp", host, port };
  const authority = `${hostOfService(name)}:${port}`;
  return { kind: "http", scheme: "http", host, port, method: "GET", authority, path: "/", headers: [] };
}

async function writeFiles(files: TlsFiles): Promise<void> {
  const [one, two] = await Promise.all([testAuthority(), testAuthority()]);
  const authorities: Readonly<Record<string, typeof one>> = { one, two };
  for (const [name, signers] of Object.entries(TRUSTED)) {
    await files.write(`${name}.pem`, signers.map((by) => authorities[by]?.pem ?? "").join("\n"));
  }
  for (const [name, facts] of Object.entries(CERTIFICATES)) {
    if (facts === undefined) continue;
    const names = facts.names.map((value) => ({ type: value.includes("://") ? "url" : "dns", value }) as const);
    await files.issue(name, authorities[facts.by] ?? one, ...names);
  }
}

/** Whether both sides get on, as it is explained what each shows and asks for; `never`: whatever stands in files. */
function understanding({ client, server }: TlsStep): "good" | "bad files" | "never" {
  if (client === null) return server?.mode === "STRICT" ? "never" : "good";
  if (server === null) return "never";
  const sources = [server, client].flatMap(({ certificate, validation }) => [certificate, validation?.trust]);
  const isNobody = client.certificate === undefined && server.validation !== undefined;
  if (isNobody || sources.some((source) => source?.kind === "unusable")) return "never";
  // of its own it has one that it cannot read
  if (client.certificate !== undefined && factsOf(client.certificate) === undefined) return "bad files";
  const isGood = passes(server.certificate, client.validation) && passes(client.certificate, server.validation);
  return isGood ? "good" : "bad files";
}

/** Whether a certificate is what the other side asks for; undefined: it asks for none, and still needs to be there for a server. */
function passes(certificate: CertificateView | undefined, asked: ValidationView | undefined): boolean {
  const facts = certificate && factsOf(certificate);
  if (asked === undefined) return certificate === undefined || facts !== undefined;
  if (facts === undefined || asked.trust.kind !== "file") return false;
  const trusted = TRUSTED[basename(asked.trust.certificateChain, ".pem")] ?? [];
  const isNamed = asked.names.length === 0 || asked.names.some((name) => facts.names.some((own) => fits(own, name)));
  return trusted.includes(facts.by) && isNamed;
}

function factsOf(certificate: CertificateView) {
  return certificate.kind === "file" ? CERTIFICATES[basename(certificate.certificateChain, ".crt")] : undefined;
}

/** A name with a star is asked for by everything below it, and a certificate's is for one label. */
function fits(own: string, asked: string): boolean {
  if (asked.startsWith("*.")) return own.endsWith(asked.slice(1));
  return own === asked || (own.startsWith("*.") && own.slice(1) === asked.slice(asked.indexOf(".")));
}
