import { Problem } from '../api/client';
import { writeLines } from '../api/edits';
import type { Line, LineProblem, LineResult, Written } from '../api/types';
import type { Language } from '../i18n/dictionary';

/** Lines that the server refused, nothing of them written. */
export class Refused extends Error {
  constructor(readonly lines: LineResult[]) {
    super('refused');
  }

  get first(): LineProblem | undefined {
    return this.lines.find(({ problem }) => problem)?.problem;
  }
}

export const problemOf = ({ status, title, detail, code }: LineProblem, language: Language): Problem =>
  new Problem(status, title[language], detail[language], null, code);

/** Writes change sets. The same lines sent again after a broken connection carry the same key, and are done once. */
export class Writer {
  private attempt = { text: '', key: '' };

  async write(lines: Line[], reason: string, language: Language): Promise<Written> {
    const text = JSON.stringify([lines, reason]);
    if (this.attempt.text !== text) this.attempt = { text, key: crypto.randomUUID() };
    try {
      const written = await writeLines(lines, reason, this.attempt.key, language);
      this.attempt = { text: '', key: '' };
      return written;
    } catch (error) {
      if (error instanceof Problem && error.code === 'changeset.refused') throw new Refused(error.members.lines as LineResult[]);
      throw error;
    }
  }
}
