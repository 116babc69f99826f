/** What is shown of a rule's cause. */
import type { RuleText } from '../../../app/contract/rule-model.ts';
import type { ServicePortName } from '../../../app/ruleset/model.ts';
import type { KnownRule } from './known-rules.ts';

/** @param facts a rule read from a node, and not known, may tell of its Service all the same. */
export function ruleFacts(
  facts: Partial<KnownRule> | undefined,
): Pick<RuleText, 'origin' | 'service' | 'servicePort'> {
  if (!facts) return {};
  const { origin, service } = facts;
  return {
    ...(origin ? { origin } : {}),
    ...(service
      ? { service: `${service.namespace}/${service.name}`, servicePort: servicePortText(service) }
      : {}),
  };
}

/** `default/web:http/TCP` */
function servicePortText({ namespace, name, port, protocol }: ServicePortName): string {
  return `${namespace}/${name}:${port}/${protocol}`;
}
