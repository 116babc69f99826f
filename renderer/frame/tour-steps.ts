export interface TourStep {
  id: string;
  /** The element it is about: `data-tour="…"`. */
  target: string;
  /** The view to be in while it is told. */
  view?: string;
}

/** The first-start tour: what there is, in the order in which people use it. */
export const tourSteps: readonly TourStep[] = [
  { id: 'cluster', target: 'cluster' },
  { id: 'services', target: 'view-services', view: 'services' },
  { id: 'rules', target: 'view-rules', view: 'rules' },
  { id: 'traffic', target: 'view-traffic', view: 'traffic' },
  { id: 'mode', target: 'mode' },
];

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Where a card of this size goes beside a target: to its right, moved up or down so that all of it is seen. */
export function cardPlace(
  target: Box,
  card: { width: number; height: number },
  window: { width: number; height: number },
): {
  left: number;
  top: number;
} {
  const gap = 16;
  const left = Math.min(target.left + target.width + gap, window.width - card.width - gap);
  const top = Math.min(Math.max(gap, target.top), window.height - card.height - gap);
  return { left: Math.max(gap, left), top: Math.max(gap, top) };
}
