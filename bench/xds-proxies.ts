// Proxies in a process of their own, so that what they cost is not taken for what the control plane costs. Each has a connection over
// TLS from an address of its own, a token of its own, Envoy's first request, its acknowledgements and its back-off.
import { type ClientHttp2Session, connect } from "node:http2";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { framed, MessageReader } from "../src/xds/serve/grpc-frames.ts";
import { TYPES } from "../src/xds/types.ts";

const METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
/** Of our bootstrap: Envoy waits a random time up to a bound that doubles from one failure to the next (src/bootstrap/control-plane.ts). */
const BACK_OFF = { base: 500, max: 10_000 };

/** Orders to the process of the proxies. */
export type ProxyOrder =
  /** Where the control plane is from now on: to which ports a Service would lead. */
  | { readonly kind: "ports"; readonly ports: readonly number[]; readonly ca: string; readonly serverName: string }
  /**
   * So many come, at most `lanes` at the same time; answered when all have their configuration. `extensions` as Envoy lists its own;
   * `subscribe` names resources by the URL of their type, as an Envoy does that finds the names in its listeners and clusters.
   */
  | {
      readonly kind: "come";
      readonly tokens: readonly string[];
      readonly lanes: number;
      readonly extensions: number;
      readonly subscribe?: Readonly<Record<string, readonly string[]>>;
    }
  /** How it stands. */
  | { readonly kind: "tell" }
  /** Forget the gaps. */
  | { readonly kind: "forget" }
  /** Everybody leaves. */
  | { readonly kind: "leave" };

export interface ProxiesTold {
  readonly connected: number;
  /** Milliseconds that proxies were without a stream, of all that are back. */
  readonly gaps: readonly number[];
  /** Attempts that failed. */
  readonly failures: number;
  /** Proxies that had a response since everything was forgotten. */
  readonly heard: number;
  /** When the last of them had acknowledged its response: milliseconds since the epoch, with fractions. */
  readonly heardAt: number;
  /** Bytes of all responses since everything was forgotten. */
  readonly bytes: number;
}

let ports: readonly number[] = [];
let ca = "";
let serverName = "";
let failures = 0;
let gaps: number[] = [];
let heardAt = 0;
let heardBytes = 0;

function firstRequest(id: string, extensions: number): Uint8Array {
  const node = new BinaryWriter().tag(1, WireType.LengthDelimited).string(id);
  for (let index = 0; index < extensions; index++) {
    const extension = new BinaryWriter();
    extension.tag(1, WireType.LengthDelimited).string(`envoy.filters.http.some_extension_${index}`);
    extension.tag(2, WireType.LengthDelimited).string("envoy.filters.http");
    node.tag(9, WireType.LengthDelimited).bytes(extension.finish());
  }
  const request = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(node.finish());
  return request.tag(2, WireType.LengthDelimited).string(TYPES.cluster).finish();
}

function request(type: string, nonce: string, names: readonly string[] = []): Uint8Array {
  const writer = new BinaryWriter().tag(2, WireType.LengthDelimited).string(type);
  for (const name of names) writer.tag(3, WireType.LengthDelimited).string(name);
  if (nonce !== "") writer.tag(6, WireType.LengthDelimited).string(nonce);
  return writer.finish();
}

/** Type and nonce of a response. */
function read(bytes: Uint8Array): { readonly type: string; readonly nonce: string } {
  const reader = new BinaryReader(bytes);
  const found = { type: "", nonce: "" };
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 4) found.type = reader.string();
    else if (field === 5) found.nonce = reader.string();
    else reader.skip(wire, field);
  }
  return found;
}

class Sidecar {
  readonly #index: number;
  readonly #token: string;
  readonly #first: Uint8Array;
  readonly #subscribe: Readonly<Record<string, readonly string[]>>;
  readonly #served = Promise.withResolvers<void>();
  #session: ClientHttp2Session | undefined;
  #bound = BACK_OFF.base;
  #lostAt: number | undefined;
  connected = false;
  heard = false;
  #left = false;

  constructor(index: number, token: string, { extensions, subscribe = {} }: Extract<ProxyOrder, { kind: "come" }>) {
    this.#index = index;
    this.#token = token;
    this.#subscribe = subscribe;
    this.#first = firstRequest(`mesh/bench/virtualNode/bench-web-${index % 200}`, extensions);
  }

  come(): Promise<void> {
    this.#connect();
    return this.#served.promise;
  }

  leave(): void {
    this.#left = true;
    this.#session?.destroy();
  }

  #connect(): void {
    const port = ports[this.#index % ports.length];
    const localAddress = `127.1.${this.#index >> 8}.${this.#index & 255}`;
    const session = connect(`https://127.0.0.1:${port}`, { ca, servername: serverName, localAddress } as object);
    this.#session = session;
    let over = false;
    const lost = (): void => {
      if (over) return;
      over = true;
      session.destroy();
      this.#lost();
    };
    session.on("error", lost);
    session.on("close", lost);
    const headers = { ":method": "POST", ":path": METHOD, "content-type": "application/grpc" };
    const stream = session.request({ ...headers, authorization: `Bearer ${this.#token}` }, { endStream: false });
    stream.on("error", lost);
    stream.on("close", lost);
    stream.on("trailers", lost);
    stream.write(framed([this.#first]));
    stream.write(framed([request(TYPES.listener, "")]));
    for (const [type, names] of Object.entries(this.#subscribe)) stream.write(framed([request(type, "", names)]));
    const reader = new MessageReader(1 << 20);
    let answered = 0;
    stream.on("data", (chunk: Buffer) => {
      for (const bytes of reader.read(chunk)) {
        const { type, nonce } = read(bytes);
        stream.write(framed([request(type, nonce)]));
        answered += 1;
        this.heard = true;
        heardAt = performance.timeOrigin + performance.now();
        heardBytes += bytes.length;
        if (answered === 2) this.#has();
      }
    });
  }

  #has(): void {
    if (this.#lostAt !== undefined) gaps.push(performance.now() - this.#lostAt);
    this.#lostAt = undefined;
    this.#bound = BACK_OFF.base;
    this.connected = true;
    this.#served.resolve();
  }

  #lost(): void {
    if (this.#left) return;
    if (this.connected) this.#lostAt = performance.now();
    else failures += 1;
    this.connected = false;
    const wait = Math.random() * this.#bound;
    this.#bound = Math.min(this.#bound * 2, BACK_OFF.max);
    setTimeout(() => {
      if (!this.#left) this.#connect();
    }, wait);
  }
}

let proxies: Sidecar[] = [];

async function come(order: Extract<ProxyOrder, { kind: "come" }>): Promise<void> {
  const { tokens, lanes } = order;
  const first = proxies.length;
  const coming = tokens.map((token, index) => new Sidecar(first + index, token, order));
  proxies.push(...coming);
  const queue = coming.values();
  const lane = async (): Promise<void> => {
    for (const proxy of queue) await proxy.come();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function obey(order: ProxyOrder): Promise<void> {
  switch (order.kind) {
    case "ports":
      ({ ports, ca, serverName } = order);
      break;
    case "come":
      await come(order);
      break;
    case "forget":
      gaps = [];
      failures = 0;
      heardBytes = 0;
      for (const proxy of proxies) proxy.heard = false;
      break;
    case "leave":
      for (const proxy of proxies) proxy.leave();
      proxies = [];
      break;
    case "tell":
      break;
  }
  const heard = proxies.filter((proxy) => proxy.heard).length;
  const connected = proxies.filter((proxy) => proxy.connected).length;
  const told: ProxiesTold = { connected, gaps, failures, heard, heardAt, bytes: heardBytes };
  process.send?.(told);
}

process.on("message", (order) => void obey(order as ProxyOrder));
process.on("disconnect", () => process.exit());
