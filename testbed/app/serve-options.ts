import { parseArgs } from "node:util";
import { portsOf, type Role, roleOf } from "./walkthrough-role.ts";

/**
 * What the application does when it is told to stop:
 * - `graceful`: goes on for `linger`, asks keep-alive clients to go elsewhere, ends requests that are under way, leaves;
 * - `abrupt`: leaves at once, whatever is under way;
 * - `ignore`: goes on until it is killed.
 */
export type StopMode = "graceful" | "abrupt" | "ignore";

const STOP_MODES: readonly StopMode[] = ["graceful", "abrupt", "ignore"];

export interface ServeOptions {
  /** What the answers say about who answered. */
  readonly name: string;
  readonly version: string;
  readonly pod: string;
  /** What it answers: descriptions, or what an application of the walkthroughs does. */
  readonly role: Role;
  /** Address to listen at; `::` is both families. */
  readonly host: string;
  /** Ports by protocol; each may have several, and 0 is a free one. */
  readonly http: readonly number[];
  readonly https: readonly number[];
  readonly tcp: readonly number[];
  readonly greeting: readonly number[];
  readonly stop: StopMode;
  /** Milliseconds before the first listener opens: a slow start. */
  readonly startDelay: number;
  /** Milliseconds for which a graceful stop still takes connections, because those who send them learn of it late. */
  readonly linger: number;
  /** Milliseconds that a graceful stop gives to what is under way. */
  readonly drain: number;
}

const DEFAULTS = {
  name: "app",
  version: "1",
  host: "::",
  http: "",
  https: "",
  tcp: "",
  greeting: "",
  stop: "graceful",
  "start-delay": "0",
  linger: "2000",
  drain: "20000",
};
type Flag = keyof typeof DEFAULTS;

/** The settings are wrong; the message says which one and what it may be. */
export class AppUsageError extends Error {
  override readonly name = "AppUsageError";
}

/**
 * Reads `app serve`: flags, else the environment (`--start-delay` is `APP_START_DELAY`), else defaults, which for `--http`
 * are the ports of the role that it plays. The pod's name is
 * `POD_NAME`, else the host name, which in a pod is the same.
 *
 * @throws AppUsageError for an unknown flag, a port that is none, an unknown way to stop.
 */
export function serveOptions(args: readonly string[], env: NodeJS.ProcessEnv): ServeOptions {
  const flags = flagsOf(args);
  const value = (flag: Flag): string =>
    flags[flag] ?? env[`APP_${flag.toUpperCase().replaceAll("-", "_")}`] ?? DEFAULTS[flag];
  const role = roleOf(env);
  const stop = STOP_MODES.find((mode) => mode === value("stop"));
  if (stop === undefined) {
    throw new AppUsageError(`--stop is "${value("stop")}": expected one of ${STOP_MODES.join(", ")}`);
  }
  return {
    name: value("name"),
    version: value("version"),
    pod: env["POD_NAME"] ?? env["HOSTNAME"] ?? "",
    role,
    host: value("host"),
    http: ports("http", flags.http ?? env["APP_HTTP"] ?? portsOf(role, env)),
    https: ports("https", value("https")),
    tcp: ports("tcp", value("tcp")),
    greeting: ports("greeting", value("greeting")),
    stop,
    startDelay: milliseconds("start-delay", value("start-delay")),
    linger: milliseconds("linger", value("linger")),
    drain: milliseconds("drain", value("drain")),
  };
}

function flagsOf(args: readonly string[]): Partial<Record<Flag, string>> {
  const names = Object.keys(DEFAULTS) as Flag[];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options }).values as Partial<Record<Flag, string>>;
  } catch (cause) {
    throw new AppUsageError((cause as Error).message, { cause });
  }
}

function ports(flag: Flag, text: string): readonly number[] {
  return text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => whole(flag, part, 65_535));
}

function milliseconds(flag: Flag, text: string): number {
  return whole(flag, text, 3_600_000);
}

function whole(flag: Flag, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= most) return number;
  throw new AppUsageError(`--${flag} has "${text}": expected a whole number from 0 to ${most}`);
}
