/** One range of an Accept header, or a Content-Type: `application/json;as=Table;v=v1;g=meta.k8s.io`. */
export interface MediaType {
  type: string;
  parameters: Record<string, string>;
}

/** In which form the answer is wanted. */
export interface Representation {
  format: 'json' | 'yaml';
  /** Another kind than the object's own: a table for people, or the metadata alone. */
  as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
}

export const acceptedTypes = ['application/json', 'application/yaml'];

const convertible = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

export function parseMediaTypes(header: string): MediaType[] {
  return header
    .split(',')
    .map(parseMediaType)
    .filter((media) => media.type !== '')
    .map((media, index) => ({ media, index, quality: Number(media.parameters['q'] ?? 1) }))
    .sort((left, right) => right.quality - left.quality || left.index - right.index)
    .map(({ media }) => media);
}

export function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = rest.map((part): [string, string] => {
    const equals = part.indexOf('=');
    return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1).replace(/^"|"$/g, '')];
  });
  return { type: type.toLowerCase(), parameters: Object.fromEntries(parameters) };
}

/**
 * The first form of an Accept header that the server can give, or undefined when there is none. A client
 * that prefers protobuf and takes JSON gets JSON.
 */
export function negotiate(accept: string | undefined): Representation | undefined {
  if (!accept) return { format: 'json' };
  for (const { type, parameters } of parseMediaTypes(accept)) {
    const format = formatOf(type);
    if (!format) continue;
    const { as, g, v } = parameters;
    if (as === undefined) return { format };
    if (convertible.has(as) && g === 'meta.k8s.io' && (v === 'v1' || v === 'v1beta1')) {
      return { format, as: as as NonNullable<Representation['as']> };
    }
  }
  return undefined;
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  switch (type) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    default:
      return undefined;
  }
}
