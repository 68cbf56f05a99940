import type { Io, Output } from "./io.ts";

export type Color = "green" | "red" | "yellow" | "dim" | "bold";

const CODES: Readonly<Record<Color, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** Colours text for an output: only where that is a terminal, and never against NO_COLOR (no-color.org). */
export function painter(io: Io, output: Output): (color: Color, text: string) => string {
  const wanted = output.isTTY === true && !io.environment.NO_COLOR && io.environment.TERM !== "dumb";
  return (color, text) => (wanted ? `\x1b[${CODES[color]}m${text}\x1b[0m` : text);
}
