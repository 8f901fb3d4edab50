import { expect, test } from "bun:test";
import { SubnetAllocator } from "./allocator.ts";
import { formatRange, parseRange, subnetCount } from "./cidr.ts";

test("each node gets its own, and none is given twice", () => {
  const allocator = new SubnetAllocator("10.244.0.0/16", 24);
  const given = Array.from({ length: 256 }, (_, index) => allocator.allocate(`n${index}`));
  expect(new Set(given).size).toBe(256);
  expect(given[0]).toBe("10.244.0.0/24");
  expect(given[255]).toBe("10.244.255.0/24");
  expect(allocator.allocate("one too many")).toBeUndefined();
  allocator.release("n7", "10.244.7.0/24");
  expect(allocator.allocate("new")).toBe("10.244.7.0/24");
});

test("what nodes already have is not given, larger ranges and foreign ones too", () => {
  const allocator = new SubnetAllocator("10.244.0.0/16", 24);
  allocator.occupy("old", "10.244.0.0/23");
  allocator.occupy("foreign", "192.168.0.0/24");
  expect(allocator.allocate("n")).toBe("10.244.2.0/24");
});

test("another node's subnet is not released", () => {
  const allocator = new SubnetAllocator("10.0.0.0/23", 24);
  allocator.occupy("a", "10.0.0.0/24");
  allocator.release("b", "10.0.0.0/24");
  expect(allocator.allocate("c")).toBe("10.0.1.0/24");
  expect(allocator.allocate("d")).toBeUndefined();
});

test("ranges", () => {
  expect(formatRange(parseRange("10.244.7.9/16"))).toBe("10.244.0.0/16");
  expect(formatRange(parseRange("255.255.255.0/24"))).toBe("255.255.255.0/24");
  expect(subnetCount(parseRange("10.244.0.0/16"), 24)).toBe(256);
  for (const bad of ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.256/24", "fd00::/64", "a.b.c.d/8"]) {
    expect(() => parseRange(bad)).toThrow("not an IPv4 range");
  }
});
