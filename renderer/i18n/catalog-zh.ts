import { byNamespace } from './by-namespace.ts';

export default byNamespace(
  import.meta.glob<object>('./messages/zh/*.json', { eager: true, import: 'default' }),
);
