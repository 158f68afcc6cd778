/** In which order layers are drawn: lists of layer ids, the one on top first. */

/** The catalogue lists what is drawn first, first. */
export const catalogueOrder = (layers: { id: string }[]): string[] => layers.map(({ id }) => id).reverse();

/** The order of all layers that has some of them in a given order; the others keep their places. */
export function withOrder(all: string[], given: string[]): string[] {
  const known = [...new Set(given)].filter((id) => all.includes(id));
  const next = known.values();
  return all.map((id) => (known.includes(id) ? (next.next().value ?? id) : id));
}

/** One step up or down among those that are shown. */
export function moved(order: string[], id: string, step: 'up' | 'down', shown: string[]): string[] {
  const among = order.filter((other) => shown.includes(other) || other === id);
  const at = among.indexOf(id);
  const neighbour = among[at + (step === 'up' ? -1 : 1)];
  if (at < 0 || neighbour === undefined) return order;
  return placed(order, id, neighbour, step === 'up' ? 'above' : 'below');
}

/** A layer directly above or below another. */
export function placed(order: string[], id: string, other: string, side: 'above' | 'below'): string[] {
  if (id === other || !order.includes(id) || !order.includes(other)) return order;
  const rest = order.filter((entry) => entry !== id);
  const at = rest.indexOf(other) + (side === 'below' ? 1 : 0);
  return [...rest.slice(0, at), id, ...rest.slice(at)];
}

/** Whether some layers stand in the same order in both. */
export function isSameOrder(a: string[], b: string[], ids: string[]): boolean {
  const [first, second] = [a, b].map((order) => order.filter((id) => ids.includes(id)));
  return first?.join() === second?.join();
}
