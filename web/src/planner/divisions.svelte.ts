import { readDivisions } from '../api/client';
import type { Division } from '../api/types';
import { type Choice, choicesOf, type Divisions as List, divisionTitle } from '../domain/divisions';
import type { Language } from '../i18n/dictionary';

/** The divisions that can be chosen by name: read when they are first asked for. */
export class Divisions {
  private list = $state.raw<List>({ townships: [], villages: [] });
  private asked: Promise<void> | null = null;
  choices = $derived.by((): Choice[] => choicesOf(this.list, this.city()));

  constructor(private readonly language: () => Language, private readonly city: () => Division) {}

  /** Without an answer codes stand for themselves, and the next who asks tries again. */
  need(): Promise<void> {
    this.asked ??= readDivisions(this.language()).then((list) => { this.list = list; }, () => { this.asked = null; });
    return this.asked;
  }

  title(code: string): string {
    return divisionTitle(code, this.choices);
  }
}
