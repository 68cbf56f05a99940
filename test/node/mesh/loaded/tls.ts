import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import type { JsonObject } from "../../../../src/model/json.ts";
import { type TestAuthority, testAuthority } from "../../../envoy/authority.ts";
import { addressOf, standingPods } from "../../standing-pods.ts";

/* Certificates of two authorities as files of the sidecars, and what of TLS can be seen from outside. */

const FOLDER = "/certs";
const SECRET = "certificates";
const ARN = "arn:aws:acm:us-west-2:123456789012:certificate/loaded";
const AUTHORITY_ARN = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/loaded";

/** Mounts the Secret of {@link certificates} into Envoy. */
export const WITH_CERTIFICATES = { "appmesh.k8s.aws/secretMounts": `${SECRET}:${FOLDER}` };

/** The Secret of a namespace: of each authority its own certificate, and one with its key that names all of these nodes. */
export async function certificates(namespace: string, nodes: readonly string[]): Promise<Certificates> {
  const names = nodes.map((node) => ({ type: "dns", value: `${node}.${namespace}.svc.cluster.local` }) as const);
  const [a, b] = await Promise.all([testAuthority(), testAuthority()]);
  const files = async (name: Name, { pem, issue }: TestAuthority): Promise<JsonObject> => {
    const { cert, key } = await issue(...names);
    return { [`${name}.pem`]: pem, [`${name}.crt`]: cert, [`${name}.key`]: key };
  };
  const stringData = { ...(await files("a", a)), ...(await files("b", b)) };
  return {
    secret: { apiVersion: "v1", kind: "Secret", metadata: { name: SECRET, namespace }, stringData },
    issuers: { a: commonName(a.pem), b: commonName(b.pem) },
  };
}

/** Two authorities. */
type Name = "a" | "b";

export interface Certificates {
  readonly secret: JsonObject;
  readonly issuers: Readonly<Record<Name, string>>;
}

function commonName(pem: string): string {
  return new X509Certificate(pem).subject.replace(/^CN=/, "");
}

/** TLS of all listeners, and of all who call them; absent: none. */
export interface Tls {
  readonly listener?: JsonObject;
  readonly client?: JsonObject;
}

const file = (name: string): string => `${FOLDER}/${name}`;
const shown = (name: Name) => ({ file: { certificateChain: file(`${name}.crt`), privateKey: file(`${name}.key`) } });
const trusted = (name: Name) => ({ trust: { file: { certificateChain: file(`${name}.pem`) } } });

export const PLAIN: Tls = {};

export function permissive(name: Name): Tls {
  return { listener: { mode: "PERMISSIVE", certificate: shown(name) } };
}

export function strict(name: Name): Tls {
  return { listener: { mode: "STRICT", certificate: shown(name) }, client: { validation: trusted(name) } };
}

/** With a certificate of the client too. */
export function mutual(name: Name): Tls {
  return {
    listener: { mode: "STRICT", certificate: shown(name), validation: trusted(name) },
    client: { validation: trusted(name), certificate: shown(name) },
  };
}

/** With certificates that the control plane signs in the place of ACM. */
export const OF_ACM: Tls = {
  listener: { mode: "STRICT", certificate: { acm: { certificateARN: ARN } } },
  client: { validation: { trust: { acm: { certificateAuthorityARNs: [AUTHORITY_ARN] } } } },
};

/** What somebody meets who calls a pod without a sidecar and without a certificate. */
export interface Met {
  /** Is answered over plain text. */
  readonly plain: boolean;
  /** Is answered over TLS. */
  readonly tls: boolean;
  /** Who issued the certificate that is shown; empty: none is. */
  readonly issuer: string;
}

export async function metAt(address: string): Promise<Met> {
  const plain = await fetch(`http://${address}:8080/`, { signal: AbortSignal.timeout(10_000) }).then(
    async (answer) => (await answer.text()) !== "" && answer.status === 200,
    () => false,
  );
  return { plain, ...(await overTls(address)) };
}

function overTls(address: string): Promise<Omit<Met, "plain">> {
  const { promise, resolve } = Promise.withResolvers<Omit<Met, "plain">>();
  let issuer = "";
  const asked = request({ host: address, port: 8080, rejectUnauthorized: false, agent: false, timeout: 10_000 });
  asked.on("socket", (socket) => {
    // shown before a server can miss the client's
    socket.on("secureConnect", () => (issuer = String((socket as TLSSocket).getPeerCertificate().issuer.CN)));
  });
  asked.on("response", (answer) => {
    answer.resume().on("close", () => resolve({ tls: answer.statusCode === 200, issuer }));
  });
  asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
  asked.on("error", () => resolve({ tls: false, issuer })).end();
  return promise;
}

/** How many listeners are on their way to other TLS, as all replicas of the control plane say it. */
export async function changesOfTls(): Promise<number> {
  const replicas = await standingPods("appmesh-system", "app.kubernetes.io/name=outrigger-control-plane");
  const counts = replicas.map(async (replica) => {
    const text = await (await fetch(`http://${addressOf(replica)}:9090/metrics`)).text();
    return Number(/^outrigger_tls_changes (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
