/** What this program calls itself, and the upstream version whose API it speaks. */
export const kubunVersion = "0.1.0";
export const kubernetesVersion = "v1.37.1";
