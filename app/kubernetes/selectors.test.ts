import { describe, expect, test } from 'vitest';
import {
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  selectorFromObject,
} from './selectors.ts';

describe('label selector', () => {
  const labels = { app: 'web', tier: 'front', empty: '', n: '5' };

  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app = db', false],
    ['other!=x', true],
    ['app', true],
    ['!app', false],
    ['! old , app', true],
    ['tier in (front, back)', true],
    ['tier notin (front)', false],
    ['other notin (front)', true],
    ['empty=', true],
    ['empty in (,a)', true],
    ['n>4,n<6', true],
    ['n>5', false],
    ['app in (in,notin)', false],
    ['app=web,', undefined],
  ])('%j matches: %s', (text, expected) => {
    if (expected === undefined) expect(() => parseLabelSelector(text)).toThrow();
    else expect(matchesLabels(parseLabelSelector(text), labels)).toBe(expected);
  });

  test.each([
    ['app=web,', "found '', expected: identifier after ','"],
    ['=web', "found '=', expected: !, identifier, or 'end of string'"],
    ['app web', "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['app in (a b)', "unable to parse requirement: found 'b', expected: ',' or ')'"],
    ['app=web tier', "found 'tier', expected: ',' or 'end of string'"],
    [
      'n>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    [
      'a/b/c=1',
      "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ],
  ])('%j is refused as the API refuses it', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ message }));
  });

  test('a LabelSelector object matches as its terms do; one that is not valid is none', () => {
    const selector = selectorFromObject({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    });
    expect(selector && matchesLabels(selector, labels)).toBe(true);
    expect(selector && matchesLabels(selector, { ...labels, old: '' })).toBe(false);
    expect(selectorFromObject({ matchExpressions: [{ key: 'tier', operator: 'In' }] })).toBeUndefined();
  });
});

describe('field selector', () => {
  const POD = { group: '', version: 'v1', kind: 'Pod' };
  const pod = {
    metadata: { name: 'a,b', namespace: 'default' },
    spec: { nodeName: 'lab-node' },
    status: { phase: 'Running' },
  };

  test.each([
    ['', true],
    ['status.phase=Running,spec.nodeName==lab-node', true],
    ['status.phase!=Running', false],
    ['metadata.name=a\\,b', true],
    ['status.nominatedNodeName=', true],
    ['spec.hostNetwork=false', true],
  ])('%j matches: %s', (text, expected) => {
    expect(matchesFields(parseFieldSelector(POD, text), pod)).toBe(expected);
  });

  test.each([
    [POD, 'spec.image=x', 'field label not supported: spec.image'],
    [POD, 'phase', "invalid selector: 'phase'; can't understand 'phase'"],
    [
      { group: 'apps', version: 'v1', kind: 'Deployment' },
      'spec.replicas=1',
      '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ])('%o %j is refused', (gvk, text, message) => {
    expect(() => parseFieldSelector(gvk, text)).toThrow(expect.objectContaining({ message }));
  });
});
