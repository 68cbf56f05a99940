/** Every bound of an answer, each with its reason. */
export const ANSWER_LIMITS = {
  /** Problems that are printed as text: as many as somebody reads; JSON has all. */
  printedProblems: 200,
  /** Notes that are printed as text: files can give rise to one for each of their objects; JSON has all. */
  printedNotes: 20,
  /** Objects that are named in one line. */
  namedObjects: 8,
  /** Characters of one text out of an object. */
  text: 400,
} as const;
