import { parseArgs } from "node:util";
import { AppUsageError } from "../serve-options.ts";

/**
 * What the load consists of: requests on keep-alive connections, messages on one gRPC stream a connection, gRPC streams of some seconds
 * each, lines on connections.
 */
export type LoadKind = "http" | "grpc" | "grpc-streams" | "tcp";

export interface ClientOptions {
  readonly kind: LoadKind;
  /** `http://host:port/path`, or `tcp://host:port`. Of gRPC only host and port count. */
  readonly url: URL;
  /** Exchanges per second in all, over all connections. */
  readonly rate: number;
  /** How long to send; what is under way then is still waited for. */
  readonly seconds: number;
  readonly connections: number;
  /** Milliseconds after which an exchange without an answer counts as failed. */
  readonly timeout: number;
  readonly output: "json" | "text";
}

const KINDS: readonly LoadKind[] = ["http", "grpc", "grpc-streams", "tcp"];

/** Reads `app client`. @throws AppUsageError with what is wrong and what was expected. */
export function clientOptions(args: readonly string[]): ClientOptions {
  const { positionals, values } = parsed(args);
  const kind = KINDS.find((name) => name === positionals[0]);
  if (kind === undefined || positionals.length > 1) {
    throw new AppUsageError(`client "${positionals.join(" ")}": expected one of ${KINDS.join(", ")}`);
  }
  if (values.url === undefined || !URL.canParse(values.url)) {
    throw new AppUsageError(`--url is "${values.url ?? ""}": expected a URL such as http://app.default:8080/`);
  }
  if (values.output !== "json" && values.output !== "text") {
    throw new AppUsageError(`--output is "${values.output}": expected json or text`);
  }
  return {
    kind,
    url: new URL(values.url),
    rate: positive("rate", values.rate),
    seconds: positive("seconds", values.seconds),
    connections: Math.ceil(positive("connections", values.connections)),
    timeout: positive("timeout", values.timeout),
    output: values.output,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: "string" },
        rate: { type: "string", default: "10" },
        seconds: { type: "string", default: "10" },
        connections: { type: "string", default: "1" },
        timeout: { type: "string", default: "5000" },
        output: { type: "string", default: "text" },
      },
    });
  } catch (cause) {
    throw new AppUsageError((cause as Error).message, { cause });
  }
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new AppUsageError(`--${flag} is "${text}": expected a number above 0`);
}
