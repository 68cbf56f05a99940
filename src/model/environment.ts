/** The variables of a process; an unset one is absent or undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;
