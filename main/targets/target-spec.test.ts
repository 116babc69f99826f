import { describe, expect, test } from 'vitest';
import { formatTargetSpec, parseTargetSpec, TargetError } from './target-spec.ts';

describe('a target', () => {
  test.each([
    ['lab', { kind: 'lab' }],
    ['host', { kind: 'host' }],
    ['netns:node-1', { kind: 'netns', name: 'node-1' }],
    ['container:kind-control-plane', { kind: 'container', name: 'kind-control-plane' }],
    ['container:podman/kind', { kind: 'container', name: 'kind', runtime: 'podman' }],
    ['minikube:minikube', { kind: 'minikube', profile: 'minikube' }],
    ['minikube:two/m02', { kind: 'minikube', profile: 'two', node: 'm02' }],
  ])('%s is read, and printed as it was', (text, spec) => {
    expect(parseTargetSpec(text)).toEqual(spec);
    expect(formatTargetSpec(parseTargetSpec(text))).toBe(text);
  });

  test.each([
    ['', 'no such target'],
    ['node', 'no such target'],
    ['netns:', 'network namespace'],
    ['netns:..', 'network namespace'],
    ['netns:../../proc/1/ns/net', 'network namespace'],
    ['netns:a\nb', 'network namespace'],
    ['container:--privileged', 'container'],
    ['container:-v', 'container'],
    ['container:crun/x', 'runtime'],
    ['container:docker/a b', 'container'],
    ['minikube:$(id)', 'minikube'],
    ['minikube:two/', 'minikube node'],
    ['minikube:two/--help', 'minikube node'],
    ['host ', 'no such target'],
  ])('%j is refused', (text, why) => {
    expect(() => parseTargetSpec(text)).toThrow(TargetError);
    expect(() => parseTargetSpec(text)).toThrow(why);
  });
});
