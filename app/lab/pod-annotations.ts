/** Annotations by which people (and the window) say how a pod of the lab is to behave. */

/**
 * Set to "false" on a pod, it makes the pod not ready while it runs on, as a failing readiness probe does:
 * `kubectl annotate pod web-1 kube-proxy-lab.dev/ready=false`.
 */
export const readyAnnotation = 'kube-proxy-lab.dev/ready';

/**
 * How many seconds a deleted pod goes on answering, as a program that finishes its work does; its grace
 * period ends it earlier. Without it a pod ends at once.
 */
export const terminationAnnotation = 'kube-proxy-lab.dev/termination-seconds';
