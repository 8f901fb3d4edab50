/**
 * The sandbox's own process, made here: a static ELF program of a few hundred bytes that holds the pod's
 * namespaces open, reaps orphans, and ends on SIGTERM or SIGINT. No registry is asked for it.
 *
 *   block SIGTERM, SIGINT, SIGCHLD                       (a blocked signal reaches even process 1)
 *   loop:  wait for one of them; SIGCHLD: wait4(WNOHANG) until nothing is left; else exit_group(0)
 *
 *   0   ELF header   64   one program header (read, execute)   120   code   then the signal set, 8 bytes
 */
import { imageArchive } from "./image-archive.ts";

export const pauseImageName = "kubun.local/pause:1";

const loadAddress = 0x400000;
const headerBytes = 120;
/** Bits of SIGINT (2), SIGTERM (15) and SIGCHLD (17). */
const signalSet = [0x02, 0x40, 0x01, 0, 0, 0, 0, 0];

// rt_sigprocmask(SIG_BLOCK, set, 0, 8) · loop: rt_sigtimedwait(set, 0, 0, 8) · cmp 17, je reap
// test, js loop · exit_group(0) · reap: wait4(-1, 0, WNOHANG, 0) · jg reap · jmp loop · nop
const amd64 = `
  b80e000000 31ff 488d3551000000 31d2 41ba08000000 0f05
  b880000000 488d3d3b000000 31f6 31d2 41ba08000000 0f05 83f811 740d 85c0 78df b8e7000000 31ff 0f05
  b83d000000 bfffffffff 31f6 ba01000000 4531d2 0f05 85c0 7fe6 ebba 90`;

// The same, as 28 instructions of four bytes: mov x8, <number of the call>; svc.
const arm64 = `
  d2800000 10000361 d2800002 d2800103 d28010e8 d4000001
  100002c0 d2800001 d2800002 d2800103 d2801128 d4000001 7100441f 540000a0 37ffff00
  d2800000 d2800bc8 d4000001
  92800000 d2800001 d2800022 d2800003 d2802088 d4000001 7100001f 54ffff2c 17ffffec d503201f`;

interface Machine {
  readonly number: number;
  readonly code: Uint8Array;
}

function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.replace(/\s/g, ""), "hex");
}

/** Arm instructions are written as numbers, and stored with the lowest byte first. */
function wordsOf(hex: string): Uint8Array {
  const words = hex.trim().split(/\s+/);
  return Buffer.concat(words.map((word) => Buffer.from(word, "hex").reverse()));
}

const machines: Readonly<Record<string, Machine>> = {
  amd64: { number: 62, code: bytesOf(amd64) },
  arm64: { number: 183, code: wordsOf(arm64) },
};

/** Throws for an architecture that it does not know. */
export function pauseProgram(architecture: string): Uint8Array {
  const machine = machines[architecture];
  if (machine === undefined) throw new Error(`no sandbox program for ${architecture}`);
  const size = headerBytes + machine.code.length + signalSet.length;
  const file = Buffer.alloc(size);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine.number, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(loadAddress + headerBytes), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  // The program header: PT_LOAD, readable and executable, the whole file.
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(BigInt(loadAddress), 80);
  file.writeBigUInt64LE(BigInt(loadAddress), 88);
  file.writeBigUInt64LE(BigInt(size), 96);
  file.writeBigUInt64LE(BigInt(size), 104);
  // 64 KiB: the largest page an arm64 kernel may have.
  file.writeBigUInt64LE(0x10000n, 112);
  file.set(machine.code, headerBytes);
  file.set(signalSet, headerBytes + machine.code.length);
  return file;
}

export function pauseImage(architecture: string, name: string): Uint8Array {
  const files = [{ path: "pause", data: pauseProgram(architecture), mode: 0o755 }];
  return imageArchive({ name, architecture, files, entrypoint: ["/pause"], user: "65535:65535" });
}
