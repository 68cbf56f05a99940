import { formatProblem } from "./log-format.ts";
import type { Say } from "./report.ts";
import type { AccessLog } from "./view.ts";

/**
 * What an Envoy of ours can open: its file system is read-only, and so is every volume that is mounted into it. A file that it cannot
 * open takes the listener away.
 */
const PATHS = ["/dev/stdout", "/dev/stderr"];

/** A log line is one write; the API of App Mesh took 1,000 characters of text, and 100 of each key and value. */
const MOST_CHARACTERS = 4096;
const MOST_KEYS = 100;

/** The log where it can be written; undefined, with a problem, where not: one that Envoy refuses would take the listener away. */
export function usableLog(log: AccessLog | undefined, say: Say): AccessLog | undefined {
  if (log === undefined) return undefined;
  const path = "spec.logging.accessLog.file";
  const said = (where: string, found: string, help: string): undefined => {
    say("bad-access-log", `${path}.${where}`, `${found}, so nothing is logged`, help);
  };
  if (!PATHS.includes(log.path)) {
    return said(
      "path",
      "Envoy cannot open that file: nothing is writable in its container",
      `write ${PATHS.join(" or ")}`,
    );
  }
  const { text, json } = log.format ?? {};
  const help = "see Envoy's documentation of access log formats for what may stand there";
  if (json !== undefined && json.length > 0) {
    if (json.length > MOST_KEYS) return said("format.json", `it has ${json.length} keys`, `keep to ${MOST_KEYS}`);
    const size = json.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    if (size > MOST_CHARACTERS) return said("format.json", `it has ${size} characters`, `keep to ${MOST_CHARACTERS}`);
    for (const [index, { value }] of json.entries()) {
      const problem = formatProblem(value);
      if (problem !== undefined) return said(`format.json[${index}].value`, problem, help);
    }
    return log;
  }
  if (text !== undefined && text.length > MOST_CHARACTERS) {
    return said("format.text", `it has ${text.length} characters`, `keep to ${MOST_CHARACTERS}`);
  }
  const problem = text === undefined ? undefined : formatProblem(text);
  return problem === undefined ? log : said("format.text", problem, help);
}
