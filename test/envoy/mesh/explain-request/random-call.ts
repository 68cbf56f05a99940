import type { HttpSent, SentRequest } from "../../../../src/answers/explain-request/sent-request.ts";
import type { Chance } from "../chaos/random.ts";
import { addressOfService, hostOfService, ROUTER_PORTS, SERVICES } from "./both-ends-mesh.ts";
import type { Spoken } from "./captured-calls.ts";
import { randomRequest } from "./random-request.ts";
import { FLAG_NAMES, METHOD_NAMES, SERVICE_NAMES, VALUES } from "./words.ts";

/** What an app sends, and where it goes to. */
export interface Call {
  readonly sent: SentRequest;
  readonly address: string;
  readonly spoken: Spoken;
}

type Kind = "http" | "grpc" | "tcp";

/** A call that hits, or nearly hits, what the random mesh has; `nodePorts`: where nodes listen that are called without a router. */
export function randomCall(nodePorts: readonly number[], chance: Chance): Call {
  const kind = chance.pick<Kind>(["http", "http", "grpc", "grpc", "grpc", "tcp", "tcp"]);
  const index = chance.below(SERVICES.length);
  const isNamed = chance.below(10) > 0;
  const host = isNamed ? hostOfService(SERVICES[index] ?? "") : "nobody.example";
  // the name of one service at the address of another one, or of nobody
  const at = chance.below(12) === 0 ? chance.below(SERVICES.length) : index;
  const address = isNamed && chance.below(12) > 0 ? addressOfService(at) : "10.99.0.9";
  const port = portOf(kind, nodePorts, chance);
  if (kind === "tcp") return { sent: { kind: "tcp", host: address, port }, address, spoken: "http/1.1" };
  const sent = kind === "grpc" ? grpcCall(chance) : httpCall(port, chance);
  const isOver2 = kind === "grpc" ? chance.below(10) > 0 : chance.below(2) === 0 && mayGoOver2(sent);
  return {
    sent: { ...sent, host: address, port, authority: `${host}:${port}` },
    address,
    spoken: isOver2 ? "http/2" : "http/1.1",
  };
}

/** Mostly one on which that is spoken. */
function portOf(kind: Kind, nodePorts: readonly number[], chance: Chance): number {
  if (chance.below(8) === 0) return chance.pick(nodePorts);
  const own = ROUTER_PORTS.filter(({ protocol }) => {
    return kind === "http" ? protocol === "http" || protocol === "http2" : protocol === kind;
  });
  return chance.pick(chance.below(10) === 0 ? ROUTER_PORTS : own).port;
}

/** What apps themselves refuse is asked elsewhere. */
function httpCall(port: number, chance: Chance): HttpSent {
  const sent = randomRequest(port, "service", chance);
  return { ...sent, path: sent.path.replace(/[^!-~]/g, "") };
}

/** Of HTTP/2 a client says its scheme, and its library bounds what may be repeated. */
function mayGoOver2({ headers, path }: HttpSent): boolean {
  const names = headers.map(({ name }) => name);
  return new Set(names).size === names.length && !names.includes("x-forwarded-proto") && /^[\w/?&=]*$/.test(path);
}

const TYPES = [
  "application/grpc",
  "application/grpc",
  "application/grpc+proto",
  "application/grpc;a",
  "application/json",
];

function grpcCall(chance: Chance): HttpSent {
  const names = new Set(Array.from({ length: chance.below(4) }, () => chance.pick(FLAG_NAMES).toLowerCase()));
  const metadata = [...names].map((name) => ({ name, value: chance.pick(VALUES) }));
  const type = chance.below(8) === 0 ? chance.pick(TYPES) : "application/grpc";
  const patience = chance.below(8) === 0 ? [{ name: "grpc-timeout", value: "1m" }] : [];
  return {
    kind: "http",
    scheme: "http",
    host: "",
    port: 0,
    method: "POST",
    authority: "",
    path: `/${chance.pick([...SERVICE_NAMES, "shop.Other"])}/${chance.pick(METHOD_NAMES)}`,
    headers: [{ name: "content-type", value: type }, { name: "te", value: "trailers" }, ...patience, ...metadata],
  };
}
