/** Labels or an equality selector as kubectl prints them, sorted; `<none>` for none. */
export function formatLabels(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A label selector as kubectl prints it (`app=web,tier in (a,b),!old`); `<none>` for an empty one. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  if (!selector) return '<none>';
  const requirements = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...(selector.matchExpressions ?? []).map((expression) => ({
      key: expression.key,
      text: formatExpression(expression),
    })),
  ];
  if (requirements.length === 0) return '<none>';
  return requirements
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(({ text }) => text)
    .join(',');
}

function formatExpression({
  key,
  operator,
  values = [],
}: {
  key: string;
  operator: string;
  values?: string[];
}): string {
  const list = `(${[...values].sort().join(',')})`;
  switch (operator) {
    case 'In':
      return `${key} in ${list}`;
    case 'NotIn':
      return `${key} notin ${list}`;
    case 'Exists':
      return key;
    default:
      return `!${key}`;
  }
}
