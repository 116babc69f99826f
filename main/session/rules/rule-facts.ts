/** What is shown of a rule's cause. */
import type { RuleText } from '../../../app/contract/rule-model.ts';
import type { ServicePortName } from '../../../app/ruleset/model.ts';
import type { KnownRule } from './known-rules.ts';

export function ruleFacts(
  facts: KnownRule | undefined,
): Pick<RuleText, 'origin' | 'service' | 'servicePort'> {
  if (!facts) return {};
  const { origin, service } = facts;
  return {
    origin,
    ...(service
      ? { service: `${service.namespace}/${service.name}`, servicePort: servicePortText(service) }
      : {}),
  };
}

/** `default/web:http/TCP` */
function servicePortText({ namespace, name, port, protocol }: ServicePortName): string {
  return `${namespace}/${name}:${port}/${protocol}`;
}
