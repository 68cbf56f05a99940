import { type Json, listOf, member, stringOf } from "../../model/json.ts";
import type { Capture } from "../decision.ts";
import type { ContainerView } from "../pod.ts";

/**
 * Programs that take an accepted connection for a service that answers. Those that speak a protocol are none of them:
 * pg_isready, mysqladmin, redis-cli and curl see that Envoy closes the connection again without a word.
 */
const PROGRAMS = [
  "nc",
  "ncat",
  "netcat",
  "telnet",
  "wait-for",
  "wait-for.sh",
  "wait-for-it",
  "wait-for-it.sh",
  "wait-for-port",
  "wait-port",
  "wait4ports",
  "waitforit",
];
/** Programs that do so when they are given a TCP address, and ask properly otherwise. */
const PROGRAMS_WITH_TCP = ["dockerize", "wait-on", "wait4x"];
/** Bash's own way. */
const SHELL_DEVICE = "/dev/tcp/";
/** How much of a container's command is looked at. */
const LONGEST_TEXT = 4096;
/** What stands between words of a shell, of a list of arguments and of addresses. One character each: no backtracking. */
const BETWEEN_WORDS = /[\s;&|()<>`"'{}$=,:]/;

/**
 * With what an init container seems to wait until somebody accepts its connections; undefined when it does not, or when what
 * it names is not captured. A guess by the usual shapes, for a warning only.
 */
export function connectionWaiter({ raw }: ContainerView, capture: Capture): string | undefined {
  const text = [...texts(member(raw, "command")), ...texts(member(raw, "args"))].join(" ").slice(0, LONGEST_TEXT);
  const words = [imageName(stringOf(raw["image"]) ?? ""), ...text.split(BETWEEN_WORDS)];
  const waiter = programOf(words) ?? (text.includes(SHELL_DEVICE) ? SHELL_DEVICE : undefined);
  if (waiter === undefined || words.some((word) => isIgnoredPort(word, capture))) return undefined;
  return waiter;
}

function programOf(words: readonly string[]): string | undefined {
  const names = words.map(lastSegment);
  const isTcp = words.includes("tcp");
  const index = names.findIndex((name) => PROGRAMS.includes(name) || (isTcp && PROGRAMS_WITH_TCP.includes(name)));
  // a listener waits for others
  const listens = words.slice(index + 1, index + 4).some((word) => /^-[a-zA-Z]{0,8}l/.test(word));
  return index < 0 || listens ? undefined : names[index];
}

/** The last part of an image's name, which for an image of one program is the program's. */
function imageName(image: string): string {
  return lastSegment(image).split(/[:@]/)[0] ?? "";
}

function isIgnoredPort(word: string, capture: Capture): boolean {
  if (!/^\/{0,2}[0-9]{1,5}$/.test(word) && !word.startsWith(SHELL_DEVICE)) return false;
  const port = Number(lastSegment(word));
  return capture.ignoredPorts.some((range) => port >= range.first && port <= range.last);
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function texts(value: Json | undefined): readonly string[] {
  return listOf(value).filter((entry) => typeof entry === "string");
}
