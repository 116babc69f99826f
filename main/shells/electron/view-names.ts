/** The views that the menu names, as they stand in the page's address (`#/rules`). */
export const views = ['services', 'rules', 'traffic', 'journey', 'node', 'export'] as const;
export type View = (typeof views)[number];

export function isView(name: unknown): name is View {
  return views.some((view) => view === name);
}

/** From the menu to the page's preload: show this view. */
export const goChannel = 'kube-proxy-lab:go';
