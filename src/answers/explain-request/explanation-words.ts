import type { CertificateView, TrustView } from "../../graph/tls-view.ts";
import type { Protocol } from "../../model/field-types.ts";
import { count } from "../plain-text.ts";
import type { Message, PoolLimits, TlsStep, Unanswered } from "./explanation.ts";
import { GRPC_NAMES, grpcStatusOf } from "./grpc-status.ts";

/** App Mesh's standard time-outs, in milliseconds. */
const STANDARD = { perRequest: 15_000, idle: 300_000 } as const;

/** `15 s a request (App Mesh's standard), 300 s idle`; milliseconds, 0: none. */
export function timeText({ perRequest, idle }: { readonly perRequest: number; readonly idle: number }): string {
  const standard = perRequest === STANDARD.perRequest ? " (App Mesh's standard)" : "";
  return `${perRequest === 0 ? "no time-out for" : lengthText(perRequest)} a request${standard}, ${idleText(idle)}`;
}

/** `300 s idle`; milliseconds, 0: none. */
export function idleText(idle: number): string {
  return idle === 0 ? "idle without end" : `${lengthText(idle)} idle`;
}

/** `1.5 s`, or `250 ms` below a second. */
export function lengthText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`;
}

/** `at most 10 connections, 5 requests waiting at a time; what is more gets 503`. */
export function limitsText({ connections, waiting, requests }: PoolLimits, protocol: Protocol | null): string {
  const most = [
    ...(connections === null ? [] : [`at most ${count(connections, "connection")}`]),
    ...(waiting === null ? [] : [`${count(waiting, "request")} waiting`]),
    ...(requests === null ? [] : [`at most ${count(requests, "request")}`]),
  ];
  const waits = protocol === "http" && waiting === null;
  const more =
    protocol === "tcp"
      ? "is closed"
      : waits
        ? "waits"
        : `gets ${statusText(503, protocol === "grpc" ? grpcStatusOf(503) : null)}`;
  return `${most.join(", ")} at a time; what is more ${more}`;
}

/** `404`, or `404 (12 UNIMPLEMENTED of gRPC)`. */
export function statusText(status: number, grpcStatus: number | null): string {
  return grpcStatus === null ? String(status) : `${status} (${grpcStatus} ${GRPC_NAMES[grpcStatus] ?? ""} of gRPC)`;
}

/** Of an app that never answers, or of a connection on which nothing is said. */
export function unansweredText({ after, tries }: Unanswered, what: Message): string {
  if (what === "connection") {
    return after === 0
      ? "that is silent is never closed for it"
      : `that is silent is closed after ${lengthText(after)}`;
  }
  if (after === 0) return "that never answers is waited for without end";
  const status = statusText(504, what === "call of gRPC" ? grpcStatusOf(504) : null);
  return `that never answers: ${status} after ${lengthText(after)}${tries === 1 ? "" : `, in ${tries} tries`}`;
}

/** `33.3 %`, of a fraction. Never 0 or 100 for what is neither. */
export function shareText(share: number): string {
  const percent = Math.round(share * 1000) / 10;
  if (percent === 100 && share < 1) return "> 99.9 %";
  return percent === 0 && share > 0 ? "< 0.1 %" : `${percent} %`;
}

/** What both sides do about TLS, in one line. */
export function tlsText({ client, server }: TlsStep): string {
  if (client === null) {
    return server === null
      ? "plain text: no TLS on either side"
      : `plain text, which the listener takes (${server.mode}, ${certificateText(server.certificate)})`;
  }
  const sni = client.serverName === undefined ? "" : ` for ${client.serverName}`;
  const { validation } = client;
  const names = validation?.names.length ? `, named ${validation.names.join(" or ")}` : "";
  const checked =
    validation === undefined
      ? "any certificate will do"
      : `the certificate must be signed by ${trustText(validation.trust)}${names}`;
  const own = client.certificate === undefined ? "" : `; shows ${certificateText(client.certificate)}`;
  const other =
    server === null
      ? ""
      : `; the listener: ${server.mode}, ${certificateText(server.certificate)}${server.validation === undefined ? "" : ", asks for the client's"}`;
  return `TLS${sni}: ${checked}${own}${other}`;
}

function certificateText(certificate: CertificateView): string {
  switch (certificate.kind) {
    case "file":
      return `certificate of file ${certificate.certificateChain}`;
    case "sds":
      return `certificate of SDS secret ${certificate.secretName}`;
    case "acm":
      return `certificate ${certificate.arn}`;
    case "unusable":
      return "no usable certificate";
  }
}

function trustText(trust: TrustView): string {
  switch (trust.kind) {
    case "file":
      return `file ${trust.certificateChain}`;
    case "sds":
      return `SDS secret ${trust.secretName}`;
    case "acm":
      return trust.arns.join(" or ");
    case "unusable":
      return "nobody";
  }
}
