import type { Grant } from '../api/types';

/** What the server takes as an account's name and password; it decides, this says so beforehand. */
export const NAME = /^[a-z0-9][a-z0-9._@-]{0,63}$/;
export const SHORTEST_PASSWORD = 10;
export const LONGEST_PASSWORD_BYTES = 256;
const TAKEN_BY_NOBODY = 'anonymous';

/** A grant as a form holds it: no layers are all layers, an empty division is none yet. */
export interface GrantForm { role: string; layers: string[]; division: string }
export interface AccountForm { name: string; password: string; grants: GrantForm[] }
export type AccountFault = 'required' | 'name' | 'taken' | 'password_short' | 'password_long' | 'division';

/** Everything that is amiss with a form, by field: `name`, `password`, `grants.0.division`. `taken` is null for an account that is there. */
export function accountFaults({ name, password, grants }: AccountForm, taken: string[] | null): Record<string, AccountFault> {
  const faults: Record<string, AccountFault> = {};
  if (taken) {
    if (name === '') faults['name'] = 'required';
    else if (!NAME.test(name) || name === TAKEN_BY_NOBODY) faults['name'] = 'name';
    else if (taken.includes(name)) faults['name'] = 'taken';
  }
  if (password === '') { if (taken) faults['password'] = 'required'; }
  else if ([...password].length < SHORTEST_PASSWORD) faults['password'] = 'password_short';
  else if (new TextEncoder().encode(password).length > LONGEST_PASSWORD_BYTES) faults['password'] = 'password_long';
  grants.forEach(({ division }, at) => { if (division === '') faults[`grants.${at}.division`] = 'division'; });
  return faults;
}

export const formOfGrant = ({ role, layers, division }: Grant): GrantForm => ({ role, layers: [...(layers ?? [])], division });
export const grantOfForm = ({ role, layers, division }: GrantForm): Grant => ({ role, division, ...(layers.length > 0 ? { layers: [...layers] } : {}) });
