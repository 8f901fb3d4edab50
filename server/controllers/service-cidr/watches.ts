import type { Controller } from "#controllers/controller.ts";
import { ipaddresses, type ServiceCIDR, servicecidrs } from "#gen/api/networking/v1.ts";
import { holds, isGoing, overlap, reconcile } from "./reconcile.ts";

export const serviceCidr: Controller = {
  name: "service-cidr-controller",
  workers: 5,
  watch({ informers, enqueue }) {
    const all = informers.of(servicecidrs);
    const addresses = informers.of(ipaddresses);
    const look = ({ metadata }: ServiceCIDR): void => enqueue(metadata.name);
    /** One that goes may go now, or may not any more. */
    const lookAtOverlapping = (cidr: ServiceCIDR): void =>
      all
        .list()
        .filter((other) => overlap(cidr, other))
        .forEach(look);
    all.onChange({
      added(cidr) {
        look(cidr);
        lookAtOverlapping(cidr);
      },
      updated: (_, cidr) => look(cidr),
      deleted: lookAtOverlapping,
    });
    addresses.onChange({
      deleted(address) {
        const going = all.list().filter(isGoing);
        going.filter((cidr) => holds(cidr, address)).forEach(look);
      },
    });
    return (name, now) => {
      const cidr = all.get("", name);
      if (cidr === undefined) return [];
      return reconcile(cidr, all.list(), { addresses: addresses.list(), now });
    };
  },
};
