/** Where one has been: places in the order they were gone to, as a browser keeps pages. */

/** Places beyond these are forgotten, the oldest first. */
const MOST = 200;

export interface LocationHistory<Place> {
  readonly places: readonly Place[];
  /** Of the place one is at; -1 where there is none yet. */
  readonly position: number;
}

export function emptyHistory<Place>(): LocationHistory<Place> {
  return { places: [], position: -1 };
}

export function currentPlace<Place>({ places, position }: LocationHistory<Place>): Place | undefined {
  return places[position];
}

/** Goes on from where one is: what lay ahead is forgotten. Going to where one is already changes nothing. */
export function visit<Place>(
  history: LocationHistory<Place>,
  place: Place,
  same: (left: Place, right: Place) => boolean,
): LocationHistory<Place> {
  const current = currentPlace(history);
  if (current !== undefined && same(current, place)) return history;
  const places = [...history.places.slice(0, history.position + 1), place].slice(-MOST);
  return { places, position: places.length - 1 };
}

/** By -1 back, by 1 forward; undefined where that leads nowhere. */
export function step<Place>(history: LocationHistory<Place>, by: -1 | 1): LocationHistory<Place> | undefined {
  const position = history.position + by;
  return history.places[position] === undefined ? undefined : { ...history, position };
}
