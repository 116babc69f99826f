import type { Column } from '../resources/resource.ts';

type ColumnOptions = Pick<Column, 'type' | 'priority'>;

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description: 'How long ago the server made the object.',
};

export function column(name: string, description: string, options: Partial<ColumnOptions> = {}): Column {
  return { name, type: 'string', description, ...options };
}

/** A column for `-o wide` alone. */
export function wideColumn(name: string, description: string): Column {
  return column(name, description, { priority: 1 });
}

/** The columns that all workloads share at their end. */
export const workloadColumns: readonly Column[] = [
  wideColumn('Containers', 'Names of each container in the template.'),
  wideColumn('Images', 'Images referenced by each container in the template.'),
  wideColumn('Selector', 'The pods that belong to the object.'),
];
