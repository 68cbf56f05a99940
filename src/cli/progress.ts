import type { Io } from "./io.ts";

/** Milliseconds before a person wonders whether anything happens. */
const PATIENCE = 1_000;

/** One line on standard error that says what is going on, only on a terminal and only when it takes long. */
export interface Progress {
  readonly step: (what: string) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** `doing` stands before each step: `reading`. */
export function progress({ stderr }: Io, doing: string): Progress {
  if (stderr.isTTY !== true) return { step: () => {}, end: () => {} };
  let current = "";
  let isShown = false;
  const show = (): void => {
    isShown = true;
    stderr.write(`\r\x1b[K${doing} ${current} …`);
  };
  const timer = setTimeout(show, PATIENCE);
  return {
    step(what) {
      current = what;
      if (isShown) show();
    },
    end() {
      clearTimeout(timer);
      if (isShown) stderr.write("\r\x1b[K");
      isShown = false;
    },
  };
}
