import { Writable } from "node:stream";
import { type ConfigurationInput, configuration } from "../src/config/schema.ts";
import { type RunningControlPlane, startControlPlane } from "../src/control-plane/start-control-plane.ts";
import type { JsonObject } from "../src/model/json.ts";
import type { CertificateSource, Credentials } from "../src/pki/certificate-source.ts";
import { RELEASE } from "../src/release.ts";
import { processLog } from "../src/serving/log.ts";
import type { ServerCertificate } from "./envoy/authority.ts";

/** The control plane in this process, with what it said. */
export interface TestControlPlane extends RunningControlPlane {
  /** Lines of the log, parsed. */
  readonly lines: readonly JsonObject[];
  /** What `GET /streams` answers. */
  streams(): Promise<readonly JsonObject[]>;
  /** The value of a sample of `GET /metrics`; undefined when there is none. */
  metric(sample: string): Promise<number | undefined>;
}

/** Starts the control plane on free ports of loopback, or on the given one, against the cluster of a kubeconfig; `identity`: name of its pod. */
export async function testControlPlane(
  kubeconfig: string,
  certificate: CertificateSource,
  input: ConfigurationInput = {},
  identity?: string,
): Promise<TestControlPlane> {
  const lines: JsonObject[] = [];
  const written = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trim().split("\n")) lines.push(JSON.parse(line) as JsonObject);
      done();
    },
  });
  const settings = configuration({
    meshName: "shop",
    ...input,
    controlPlane: {
      listen: "127.0.0.1:0",
      metricsListen: "127.0.0.1:0",
      diagnosticsListen: "127.0.0.1:0",
      kubeconfig,
      shutdownSeconds: 2,
      ...input.controlPlane,
    },
  });
  const running = await startControlPlane(
    {
      configuration: settings,
      release: RELEASE,
      log: processLog("debug", written),
      certificate,
      ...(identity !== undefined && { identity }),
    },
    new AbortController().signal,
  );
  const ask = (port: number | undefined, path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  return {
    ...running,
    lines,
    async streams() {
      const body = (await (await ask(running.diagnosticsAddress?.port, "/streams")).json()) as JsonObject;
      return body["streams"] as readonly JsonObject[];
    },
    async metric(sample) {
      const text = await (await ask(running.metricsAddress?.port, "/metrics")).text();
      const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
      return line === undefined ? undefined : Number(line.slice(sample.length + 1));
    },
  };
}

/** A certificate that a test replaces when it likes. */
export interface ReplaceableCertificate extends CertificateSource {
  replace(certificate: ServerCertificate): void;
}

export function replaceableCertificate(first: ServerCertificate): ReplaceableCertificate {
  const listeners = new Set<(credentials: Credentials) => void>();
  let current = credentials(first);
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace(certificate) {
      current = credentials(certificate);
      for (const listener of listeners) listener(current);
    },
  };
}

function credentials({ cert, key }: ServerCertificate): Credentials {
  return { certificate: cert, key, notAfter: new Date(Date.now() + 86_400_000), fingerprint: "" };
}
