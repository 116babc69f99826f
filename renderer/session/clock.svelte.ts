/** The time of day, told every so often, for ages that grow; milliseconds since 1970. */
export class Clock {
  #now = $state(Date.now());

  /** Ticks while the component that made it lives. */
  constructor(everyMs = 1000) {
    $effect(() => {
      const timer = setInterval(() => {
        this.#now = Date.now();
      }, everyMs);
      return () => clearInterval(timer);
    });
  }

  get now(): number {
    return this.#now;
  }
}
