/** A pod as the runtime has to bring it up: its addresses and what its containers answer on. */
export interface RuntimePod {
  uid: string;
  namespace: string;
  name: string;
  ip: string;
  ip6: string;
  containers: {
    name: string;
    image: string;
    ports: { containerPort: number; protocol: 'TCP' | 'UDP' | 'SCTP'; name?: string }[];
  }[];
}

/** What runs the lab's pods. */
export interface PodRuntime {
  /** Resolves when the pod answers at its addresses; rejects, leaving nothing, when it cannot. */
  start(pod: RuntimePod): Promise<void>;
  /** Resolves when nothing of the pod is left; a pod that does not run is none. */
  stop(uid: string): Promise<void>;
}
