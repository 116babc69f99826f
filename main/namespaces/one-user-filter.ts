/**
 * An ordinary user's lab knows one user, root. Programs that give up root once they have what they need
 * (tcpdump, dnsmasq, nginx) ask the kernel for another user, give that user their files (`tcpdump -w`), and
 * stop when it says no. This filter answers those calls with success and changes nothing, for this thread and
 * all it starts.
 */
import koffi from 'koffi';

const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2;
const RET_ALLOW = 0x7fff0000;
/** With error number 0: the call returns 0, done. */
const RET_SUCCESS = 0x00050000;
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
/** Offsets into struct seccomp_data. */
const NUMBER = 0;
const ARCHITECTURE = 4;

/**
 * audit.h's name of the architecture, and its numbers of set{uid,gid,reuid,regid,groups,resuid,resgid,fsuid,fsgid}
 * and of the chown calls.
 */
const tables: Partial<Record<NodeJS.Architecture, { audit: number; calls: number[] }>> = {
  x64: { audit: 0xc000003e, calls: [105, 106, 113, 114, 116, 117, 119, 122, 123, 92, 93, 94, 260] },
  arm64: { audit: 0xc00000b7, calls: [143, 144, 145, 146, 147, 149, 151, 152, 159, 54, 55] },
};

function instruction(code: number, value: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}

function program({ audit, calls }: { audit: number; calls: number[] }): Buffer[] {
  return [
    instruction(LOAD_WORD, ARCHITECTURE),
    instruction(JUMP_IF_EQUAL, audit, 1, 0),
    instruction(RETURN, RET_ALLOW),
    instruction(LOAD_WORD, NUMBER),
    ...calls.map((call, index) => instruction(JUMP_IF_EQUAL, call, calls.length - index, 0)),
    instruction(RETURN, RET_ALLOW),
    instruction(RETURN, RET_SUCCESS),
  ];
}

/**
 * Puts the filter on this thread, for good. On another architecture, or where the kernel refuses, it does
 * nothing: such programs then say themselves that they may not change user.
 */
export function pretendOneUser(): void {
  const table = tables[process.arch];
  if (!table) return;
  const instructions = program(table);
  const fprog = koffi.struct({ len: 'uint16_t', filter: 'void *' });
  const library = koffi.load('libc.so.6');
  const noNewPrivileges = library.func(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  );
  const setFilter = library.func('prctl', 'int', ['int', 'unsigned long', koffi.pointer(fprog)]);
  if (noNewPrivileges(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) return;
  setFilter(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, {
    len: instructions.length,
    filter: Buffer.concat(instructions),
  });
}
