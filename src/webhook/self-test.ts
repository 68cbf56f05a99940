import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import { type Json, member } from "../model/json.ts";
import type { Credentials } from "../pki/certificate-source.ts";
import { type ListenAddress, reachable } from "../serving/listen-address.ts";
import { LIMITS } from "./limits.ts";

/** What came of a synthetic review: undefined when it was answered as it should be, else what went wrong. */
export type SelfTestResult = string | undefined;

/**
 * Sends a review to our own listener over a new TLS connection and checks that the answer is one, and that the certificate is
 * the one that should be in use. The pod uses the host's network, so the rules skip it without any look-up mattering.
 */
export function selfTest(listen: ListenAddress, credentials: Credentials, uid: string): Promise<SelfTestResult> {
  const { host, port } = reachable(listen);
  const body = JSON.stringify(syntheticReview(uid));
  return new Promise((resolve) => {
    const call = request(
      {
        host,
        port,
        method: "POST",
        path: "/mutate-v1-pod",
        agent: false,
        // Compared by fingerprint instead: the certificate names Services, not this address.
        rejectUnauthorized: false,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        signal: AbortSignal.timeout(LIMITS.selfTest),
      },
      (response) => {
        const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", (error) => resolve(`no answer to a synthetic review: ${error.message}`));
        response.on("end", () => {
          if (fingerprint256 !== credentials.fingerprint) resolve("the listener shows another certificate");
          else resolve(judge(response.statusCode, Buffer.concat(chunks).toString(), uid));
        });
      },
    );
    call.on("error", (error) => resolve(`no answer to a synthetic review: ${error.message}`));
    call.end(body);
  });
}

function judge(status: number | undefined, body: string, uid: string): SelfTestResult {
  if (status !== 200) return `a synthetic review was answered with status ${status}`;
  const response = member(jsonOf(body), "response");
  const isRight = member(response, "uid") === uid && member(response, "allowed") === true;
  return isRight ? undefined : "a synthetic review was answered wrongly";
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function syntheticReview(uid: string): object {
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid,
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      namespace: "default",
      operation: "CREATE",
      dryRun: true,
      userInfo: { username: "outrigger:self-test" },
      object: {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "self-test" },
        spec: { hostNetwork: true, containers: [{ name: "app", image: "none" }] },
      },
    },
  };
}
