import type { Container } from '../../../../app/kubernetes/objects.ts';
import type { Cell } from '../resources/resource.ts';

/** The cells for the containers of a pod template: their names and their images. */
export function containerCells(workload: {
  spec?: { template?: { spec?: { containers?: Container[] } } };
}): Cell[] {
  const containers = workload.spec?.template?.spec?.containers ?? [];
  return [
    containers.map((container) => container.name).join(','),
    containers.map((container) => container.image ?? '').join(','),
  ];
}
