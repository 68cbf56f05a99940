import type { Exchanges } from "./exchanges.ts";

/** One of several connections that are kept open; a lost one is replaced when its turn comes. */
export interface KeptConnection {
  /** False once it ended: the next exchange needs a new one. */
  readonly isOpen: () => boolean;
  readonly exchange: () => Promise<void>;
  readonly close: () => void;
}

/** Exchanges over `count` connections in turn. `open` makes one; its argument says whether it replaces a lost one. */
export function roundRobin(count: number, open: (isReplacement: boolean) => KeptConnection): Exchanges {
  const connections: KeptConnection[] = [];
  let turn = 0;
  return {
    exchange() {
      const index = turn++ % count;
      const kept = connections[index];
      const connection = kept?.isOpen() ? kept : open(kept !== undefined);
      connections[index] = connection;
      return connection.exchange();
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
