/** Says in one line what is going on; the text is for a person. */
export type Progress = (line: string) => void;

/** Progress on standard error, for whatever takes more than a second. */
export const progressOnStderr: Progress = (line) => {
  process.stderr.write(`testbed: ${line}\n`);
};
