import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** Columns: x first, then a column for each series; null where a series has no value at that x. */
export type PlotData = readonly [readonly number[], ...(readonly (number | null)[])[]];

export interface PlotSeries {
  label: string;
  /** `--data-1`: the name of a token. */
  color: string;
  /** Points rather than a line. */
  points?: boolean;
}

export interface PlotOptions {
  series: readonly PlotSeries[];
  /** What stands at the axes. */
  xLabel?: string;
  yLabel?: string;
  /** How values are written: `12 ms`. */
  formatX?: (value: number) => string;
  formatY?: (value: number) => string;
  logarithmic?: boolean;
}

export interface Plot {
  setData(data: PlotData): void;
  destroy(): void;
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function axis(label: string | undefined, format: ((value: number) => string) | undefined): uPlot.Axis {
  const line = { stroke: token('--color-border'), width: 1 };
  const size = rem();
  return {
    ...(label === undefined
      ? {}
      : { label, labelSize: size * 1.25, labelFont: `${size * 0.6875}px ${token('--font-text')}` }),
    font: `${size * 0.6875}px ${token('--font-text')}`,
    stroke: token('--color-text-muted'),
    grid: line,
    ticks: line,
    size: size * 3.75,
    ...(format
      ? {
          values: (_: uPlot, values: number[]) =>
            values.map((value) => (value === null ? '' : format(value))),
        }
      : {}),
  };
}

function seriesOf({ label, color, points }: PlotSeries): uPlot.Series {
  const stroke = token(color);
  return points
    ? { label, stroke, width: 0, paths: () => null, points: { show: true, size: 4, fill: stroke, width: 0 } }
    : { label, stroke, width: 1.5, points: { show: false } };
}

function options(host: HTMLElement, wanted: PlotOptions): uPlot.Options {
  return {
    width: Math.max(50, host.clientWidth),
    height: Math.max(50, host.clientHeight),
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false }, ...(wanted.logarithmic ? { y: { distr: 3 } } : {}) },
    axes: [
      { ...axis(wanted.xLabel, wanted.formatX), size: rem() * 1.75 },
      axis(wanted.yLabel, wanted.formatY),
    ],
    series: [{}, ...wanted.series.map(seriesOf)],
  };
}

/** A plot that fills its host and keeps filling it; drawn anew when the theme or the zoom changes. */
export function createPlot(host: HTMLElement, first: PlotData, wanted: PlotOptions): Plot {
  let data = first;
  const make = (): uPlot => new uPlot(options(host, wanted), data as unknown as uPlot.AlignedData, host);
  let plot = make();
  const sizes = new ResizeObserver(() =>
    plot.setSize({ width: host.clientWidth, height: host.clientHeight }),
  );
  sizes.observe(host);
  const looks = new MutationObserver(() => {
    plot.destroy();
    plot = make();
  });
  looks.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'style'] });
  return {
    setData: (next) => {
      data = next;
      plot.setData(next as unknown as uPlot.AlignedData);
    },
    destroy: () => {
      sizes.disconnect();
      looks.disconnect();
      plot.destroy();
    },
  };
}
